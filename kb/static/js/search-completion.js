// The rest of the word being typed, in grey behind it, as the first hits spell it; the right arrow takes it.
const SHORTEST = 2;

export class Completion {
  #whole = "";

  constructor(input) {
    this.input = input;
    this.typed = document.createElement("span");
    this.rest = document.createElement("span");
    this.ghost = document.createElement("span");
    this.ghost.className = "search-ghost";
    this.ghost.setAttribute("aria-hidden", "true");
    this.ghost.append(this.typed, this.rest);
    input.after(this.ghost);
    this.drop();
  }

  offer(hits) {
    const value = this.input.value;
    const begun = /[\p{L}\p{N}\p{M}]+$/u.exec(value)?.[0] ?? "";
    const longer = begun.length >= SHORTEST && !this.#isSpread ? wordsFrom(hits, begun) : [];
    this.#show(longer.length ? value + longer[0].slice(begun.length) : "");
  }

  // What was offered stays as long as it is what is being typed.
  follow() {
    this.#show(this.#whole.toLowerCase().startsWith(this.input.value.toLowerCase()) ? this.input.value + this.#whole.slice(this.input.value.length) : "");
  }

  drop() {
    this.#show("");
  }

  // Whether there was something to take, with the caret behind what is typed.
  take() {
    if (!this.#whole || this.input.selectionStart !== this.input.value.length) return false;
    this.input.value = this.#whole;
    return true;
  }

  // A text longer than the field has scrolled away from its beginning.
  get #isSpread() {
    return this.input.scrollWidth > this.input.clientWidth;
  }

  #show(whole) {
    const value = this.input.value;
    this.#whole = whole.length > value.length && value ? whole : "";
    this.ghost.hidden = !this.#whole;
    this.typed.textContent = value;
    this.rest.textContent = this.#whole.slice(value.length);
    this.ghost.style.insetInlineStart = `${this.input.offsetLeft}px`;
    this.ghost.style.inlineSize = `${this.input.offsetWidth}px`;
  }
}

// The marked words that begin so, in the order of the hits; none where one of them is the word itself.
function wordsFrom(hits, begun) {
  const words = hits.flatMap((hit) => [...hit.querySelectorAll("mark")].map((mark) => mark.textContent.trim()));
  const alike = words.filter((word) => word.toLowerCase().startsWith(begun.toLowerCase()));
  return alike.some((word) => word.length === begun.length) ? [] : alike;
}
