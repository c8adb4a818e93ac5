// The list below the search box: what stands in it, which row the field points at, and how much room there is for it.
export class SearchList {
  #active = -1;

  constructor(box) {
    this.form = box.querySelector("form");
    this.input = box.querySelector("input[type=search]");
    this.panel = box.querySelector("[data-panel]");
    this.rows = box.querySelector("[data-list]");
    this.notice = box.querySelector("[data-notice]");
    this.status = box.querySelector("[data-status]");
    this.rows.tabIndex = -1; // browsers let the Tab key stop at what scrolls
    this.#becomeCombobox();
    this.panel.addEventListener("mousedown", (event) => event.preventDefault()); // or the field would lose the focus
    this.rows.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.#point(event.target));
    window.visualViewport?.addEventListener("resize", () => this.isOpen && this.#makeRoom());
    window.visualViewport?.addEventListener("scroll", () => this.isOpen && this.#fit());
    window.addEventListener("scroll", () => this.isOpen && this.#fit(), { passive: true });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  get options() {
    return [...this.rows.querySelectorAll("[role=option]")];
  }

  get active() {
    return this.isOpen ? this.options[this.#active] : undefined;
  }

  // A row that was chosen while this list was on its way stays chosen, or none is: never the one that happens to take its place.
  open(rows, { notice = "", status = "" }) {
    const chosen = this.active?.dataset.href;
    this.rows.replaceChildren(...rows);
    this.activate(chosen ? this.options.findIndex((option) => option.dataset.href === chosen) : -1);
    this.rows.removeAttribute("aria-busy");
    this.rows.scrollTop = 0;
    this.notice.textContent = notice;
    this.notice.hidden = !notice;
    this.status.textContent = [status, notice].filter(Boolean).join(". ");
    if (document.activeElement !== this.input) return;
    const wasOpen = this.isOpen;
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", String(this.options.length > 0));
    if (!wasOpen) this.#makeRoom();
  }

  close() {
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  // Nothing in it, and nothing to say.
  empty() {
    this.rows.replaceChildren();
    this.status.textContent = "";
    this.close();
  }

  // An answer to `query` is under way: what is of the words, not of their answer, says them at once.
  wait(query) {
    this.activate(-1);
    this.rows.setAttribute("aria-busy", "true");
    for (const row of this.rows.children) row.follow?.(query);
  }

  // It takes long.
  say(words) {
    this.status.textContent = words;
    if (this.isOpen || document.activeElement !== this.input) return;
    const label = document.createElement("div");
    label.className = "search-label";
    label.setAttribute("role", "presentation");
    label.textContent = words;
    this.rows.replaceChildren(label);
    this.notice.hidden = true;
    this.panel.hidden = false;
    this.#makeRoom();
  }

  // The field itself (-1) is one of the stops. The first step down leads to the first answer, past what only stands above it.
  move(step) {
    const stops = this.options.length + 1;
    const first = step > 0 && this.#active < 0 ? this.options.findIndex((option) => !("aside" in option.dataset)) : -1;
    this.activate(first >= 0 ? first : ((this.#active + 1 + step + stops) % stops) - 1);
  }

  activate(index) {
    const options = this.options;
    options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = Math.min(index, options.length - 1);
    const option = options[this.#active];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    return option.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  #becomeCombobox() {
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.rows.id };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
  }

  #point(target) {
    const index = this.options.indexOf(target.closest("[role=option]"));
    if (index >= 0 && index !== this.#active) this.activate(index);
  }

  // A phone's keyboard leaves little: the field goes to the top, so that the list has what remains.
  #makeRoom() {
    if (window.visualViewport && this.#room() < 260) this.form.scrollIntoView({ block: "start", behavior: "instant" });
    this.#fit();
  }

  #fit() {
    if (window.visualViewport) this.panel.style.setProperty("--room", `${Math.max(120, Math.round(this.#room()))}px`);
  }

  // Between the field and the lower edge of what can be seen, which a phone's keyboard raises.
  #room() {
    const view = window.visualViewport;
    return view.offsetTop + view.height - this.form.getBoundingClientRect().bottom - 20;
  }
}
