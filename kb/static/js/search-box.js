// The search box as a combobox: results while typing, the focus always in the field (ARIA APG, editable combobox with a list).
import { withFoundWords } from "./found-address.js";
import { Answers } from "./search-answers.js";
import { forgetSearch, recentSearches, rememberSearch } from "./search-recent.js";
import { noResults, recentRows, resultRows, unreachableRows } from "./search-rows.js";
import { onSearchKey } from "./search-keys.js";

class SearchBox {
  #answers = new Answers();
  #active = -1;

  constructor(box) {
    this.box = box;
    this.form = box.querySelector("form");
    this.input = box.querySelector("input[type=search]");
    this.panel = box.querySelector("[data-panel]");
    this.list = box.querySelector("[data-list]");
    this.notice = box.querySelector("[data-notice]");
    this.status = box.querySelector("[data-status]");
    this.clear = box.querySelector("[data-clear]");
    this.scope = box.dataset.category ? { slug: box.dataset.category, name: box.dataset.categoryName } : null;
    this.#becomeCombobox();
    this.#listen();
    this.clear.hidden = !this.input.value;
    if (document.activeElement === this.input) this.refresh();
  }

  #becomeCombobox() {
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
    this.box.querySelector("[data-key]").hidden = false;
  }

  #listen() {
    this.input.addEventListener("input", (event) => event.isComposing || this.refresh());
    this.input.addEventListener("compositionend", () => this.refresh());
    this.input.addEventListener("focus", () => this.query || this.refresh());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", () => rememberSearch(this.query));
    this.clear.addEventListener("click", () => this.ask(""));
    this.box.addEventListener("focusout", (event) => this.box.contains(event.relatedTarget) || this.close());
    this.panel.addEventListener("mousedown", (event) => event.preventDefault()); // or the field would lose the focus
    this.list.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.#point(event.target));
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("auxclick", (event) => event.button === 1 && this.#click(event));
    window.visualViewport?.addEventListener("resize", () => this.#fit());
    window.addEventListener("pageshow", (event) => event.persisted && this.close());
    onSearchKey((words) => this.ask(words ?? this.input.value));
  }

  get query() {
    return this.input.value.trim();
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  // Puts the focus in the field, with these words in it.
  ask(words) {
    this.input.value = words;
    this.input.focus();
    this.input.select();
    this.refresh();
  }

  async refresh() {
    const query = this.query;
    this.clear.hidden = !this.input.value;
    this.#activate(-1);
    if (!query) {
      this.#answers.drop();
      return this.#showRecent();
    }
    this.list.setAttribute("aria-busy", "true");
    try {
      const answer = await this.#answers.ask(query);
      if (answer && query === this.query) this.#show(answer, query);
    } catch {
      if (query === this.query) this.#showUnreachable(query);
    }
  }

  close() {
    this.#answers.drop();
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
  }

  #open(rows, { notice = "", status = "" }) {
    this.list.replaceChildren(...rows);
    this.list.removeAttribute("aria-busy");
    this.list.scrollTop = 0;
    this.notice.textContent = notice;
    this.notice.hidden = !notice;
    this.status.textContent = [status, notice].filter(Boolean).join(". ");
    if (document.activeElement !== this.input) return;
    const wasOpen = !this.panel.hidden;
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
    if (!wasOpen) this.#fit();
  }

  #show(answer, query) {
    const notice = answer.isDegraded ? "Search is running in a reduced mode, so some results may be missing" : "";
    const status = answer.hits.length ? `${answer.total} ${answer.total === 1 ? "result" : "results"}` : noResults(query);
    this.#open(resultRows(answer, query, this.scope), { notice, status });
  }

  #showRecent() {
    const searches = recentSearches();
    if (!searches.length) {
      this.list.replaceChildren();
      this.status.textContent = "";
      return this.close();
    }
    return this.#open(recentRows(searches), { status: `${searches.length} recent ${searches.length === 1 ? "search" : "searches"}` });
  }

  #showUnreachable(query) {
    this.#open(unreachableRows(query), { notice: "Search did not answer. You can try the results page, or write to us" });
  }

  // Between the field and the lower edge of what can be seen, which a phone's keyboard raises.
  #fit() {
    if (this.panel.hidden) return;
    const view = window.visualViewport;
    const room = () => view.offsetTop + view.height - this.form.getBoundingClientRect().bottom - 20;
    if (view && room() < 260) this.form.scrollIntoView({ block: "start", behavior: "instant" });
    if (view) this.panel.style.setProperty("--room", `${Math.max(120, Math.round(room()))}px`);
  }

  #activate(index) {
    const options = this.options;
    options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = index;
    const option = options[index];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    return option.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  #point(target) {
    const option = target.closest("[role=option]");
    const index = this.options.indexOf(option);
    if (index >= 0 && index !== this.#active) this.#activate(index);
  }

  #key(event) {
    if (event.isComposing || event.altKey) return;
    const act = { ArrowDown: () => this.#move(1), ArrowUp: () => this.#move(-1), Enter: () => this.#enter(event), Escape: () => this.#escape(), Delete: () => this.#forget() }[event.key];
    if (act?.()) event.preventDefault();
  }

  #move(step) {
    if (this.panel.hidden) {
      this.refresh();
      return true;
    }
    // The field itself (-1) is one of the stops.
    const stops = this.options.length + 1;
    this.#activate(((this.#active + 1 + step + stops) % stops) - 1);
    return true;
  }

  #enter(event) {
    const option = this.panel.hidden ? null : this.options[this.#active];
    if (option) this.#follow(option, event.ctrlKey || event.metaKey);
    return Boolean(option);
  }

  #escape() {
    if (!this.panel.hidden) this.close();
    else if (this.input.value) this.ask("");
    else this.input.blur();
    return true;
  }

  #forget() {
    const query = this.panel.hidden ? null : this.options[this.#active]?.dataset.recent;
    if (!query) return false;
    const index = this.#active;
    forgetSearch(query);
    this.#showRecent();
    this.#activate(Math.min(index, this.options.length - 1));
    return true;
  }

  #click(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    if (event.target.closest("[data-forget]")) {
      forgetSearch(option.dataset.recent);
      this.#showRecent();
    } else this.#follow(option, event.ctrlKey || event.metaKey || event.button === 1);
  }

  #follow(option, inNewTab) {
    if (option.dataset.recent) return this.ask(option.dataset.recent);
    if ("forgetAll" in option.dataset) {
      forgetSearch();
      return this.#showRecent();
    }
    rememberSearch(this.query);
    option.dispatchEvent(new CustomEvent("deskbook:follow", { bubbles: true, detail: { query: this.query } }));
    const address = withFoundWords(option.dataset.href, option);
    if (inNewTab) return window.open(address, "_blank", "noopener");
    return location.assign(address);
  }
}

for (const box of document.querySelectorAll("[data-search-box]")) new SearchBox(box);
