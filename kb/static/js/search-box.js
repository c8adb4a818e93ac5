// The search box as a combobox: results while typing, the focus always in the field (ARIA APG, editable combobox with a list).
import { withFoundWords } from "./found-address.js";
import { Answers, NoAnswer } from "./search-answers.js";
import { Completion } from "./search-completion.js";
import { onSearchKey } from "./search-keys.js";
import { SearchList } from "./search-list.js";
import { forgetSearch, recentSearches, rememberSearch } from "./search-recent.js";
import { _, ngettext } from "./texts.js";
import { described, recentRows, resultRows, unreachableRows } from "./search-rows.js";

const SLOW_MS = 400;
const degraded = () => _("Search is limited right now. Some results may be missing");
const down = () => _("Search is not working right now. Browse by topic, or send us a request");

class SearchBox {
  #answers = new Answers();
  #asked = 0;
  #shown = 0;
  #slow = 0;
  #cameFrom = null;

  constructor(box) {
    this.box = box;
    this.form = box.querySelector("form");
    this.input = box.querySelector("input[type=search]");
    this.clear = box.querySelector("[data-clear]");
    this.scope = box.dataset.category ? { slug: box.dataset.category, name: box.dataset.categoryName } : null;
    this.list = new SearchList(box);
    this.completion = new Completion(this.input);
    this.#listen();
    this.clear.hidden = !this.input.value;
    box.querySelector("[data-key]").hidden = false;
    if (document.activeElement === this.input) this.refresh();
  }

  #listen() {
    this.input.addEventListener("input", (event) => this.refresh(event.isComposing)); // a phone's keyboard composes every word
    this.input.addEventListener("compositionend", () => this.refresh());
    this.input.addEventListener("focus", () => this.query || this.refresh());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", () => rememberSearch(this.query));
    this.clear.addEventListener("click", () => this.ask(""));
    this.box.addEventListener("focusout", (event) => this.box.contains(event.relatedTarget) || this.close());
    this.list.rows.addEventListener("click", (event) => this.#click(event));
    this.list.rows.addEventListener("auxclick", (event) => event.button === 1 && this.#click(event));
    window.addEventListener("pageshow", (event) => event.persisted && this.close());
    onSearchKey((words) => {
      this.#cameFrom = scrollY;
      this.ask(words ?? this.input.value);
    });
  }

  get query() {
    return this.input.value.trim();
  }

  // Puts the focus in the field, with these words in it.
  ask(words) {
    this.input.value = words;
    this.input.focus();
    this.input.select();
    this.refresh();
  }

  async refresh(isComposing = false) {
    const query = this.query;
    const turn = ++this.#asked;
    this.clear.hidden = !this.input.value;
    if (isComposing) this.completion.drop();
    else this.completion.follow();
    this.list.wait(query);
    clearTimeout(this.#slow);
    if (!/[\p{L}\p{N}]/u.test(query)) {
      this.#answers.drop();
      return this.#showRecent();
    }
    this.#slow = setTimeout(() => this.list.say(_("Searching…")), SLOW_MS);
    try {
      const answer = await this.#answers.ask(query);
      if (!answer || turn < this.#shown || !this.query.startsWith(query)) return;
      this.#shown = turn;
      this.#show(answer, query, isComposing);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (query !== this.query) return;
      clearTimeout(this.#slow);
      this.list.open(unreachableRows(query), { notice: error.message });
    }
  }

  close() {
    clearTimeout(this.#slow);
    this.#answers.drop();
    this.completion.drop();
    this.list.close();
  }

  #show(answer, query, isComposing) {
    if (query !== this.query) return this.#showMeanwhile(answer);
    clearTimeout(this.#slow);
    if (answer.isDown) return this.list.open(unreachableRows(query), { notice: down() });
    this.list.open(resultRows(answer, query, this.scope), { notice: answer.isDegraded ? degraded() : "", status: described(answer, query) });
    if (this.list.isOpen && !isComposing) this.completion.offer(answer.hits);
  }

  // What the beginning of the words finds, until the answer to all of them arrives: only that can say that there is none.
  #showMeanwhile(answer) {
    if (!answer.hits.length) return;
    this.list.open(resultRows({ ...answer, isAnswered: true, corrected: "" }, this.query, null), { status: this.list.status.textContent });
    this.list.wait(this.query);
  }

  #showRecent() {
    const searches = recentSearches();
    if (!searches.length) return this.list.empty();
    return this.list.open(recentRows(searches), { status: ngettext("%(num)s recent search", "%(num)s recent searches", searches.length) });
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229 || event.altKey) return; // Safari ends a composition by a key that says so only there
    if (["Home", "End", "ArrowLeft"].includes(event.key)) this.list.activate(-1); // the caret moves
    const act = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      ArrowRight: () => this.#complete(event),
      Enter: () => this.#enter(event),
      Escape: () => this.#escape(),
      Delete: () => this.#forget(),
      k: () => (event.ctrlKey || event.metaKey) && !event.shiftKey && this.#again(),
    }[event.key];
    if (act?.()) event.preventDefault();
  }

  #move(step) {
    if (this.list.isOpen) this.list.move(step);
    else this.refresh();
    return true;
  }

  #complete(event) {
    const isTaken = !event.shiftKey && !event.ctrlKey && !event.metaKey && this.completion.take();
    if (isTaken) this.refresh();
    return isTaken;
  }

  #enter(event) {
    const option = this.list.active;
    if (option) this.#follow(option, event.ctrlKey || event.metaKey);
    return Boolean(option);
  }

  #escape() {
    if (this.list.isOpen) this.close();
    else if (this.input.value) this.ask("");
    else this.#leave();
    return true;
  }

  // Whoever came by a key goes on reading where they were.
  #leave() {
    this.input.blur();
    if (this.#cameFrom !== null) scrollTo({ top: this.#cameFrom, behavior: "instant" });
    this.#cameFrom = null;
  }

  #again() {
    this.ask(this.input.value);
    return true;
  }

  #forget() {
    const option = this.list.active;
    if (!option?.dataset.recent) return false;
    const index = this.list.options.indexOf(option);
    forgetSearch(option.dataset.recent);
    this.#showRecent();
    this.list.activate(index);
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
