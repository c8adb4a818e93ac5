// Asks the server while somebody types: only for the latest words, and never twice for the same.
import { ofLocale } from "./search-locale.js";

const PAUSE_MS = 80;
const PATIENCE_MS = 6000;
const MOST_KEPT = 60;

export class Answers {
  #kept = new Map();
  #going = null;
  #lastAsked = 0;

  // The answer to `query`; null when a later question overtook it. Throws when the server does not answer.
  async ask(query) {
    this.drop();
    if (this.#kept.has(query)) return parse(this.#kept.get(query));
    const going = (this.#going = new AbortController());
    // The first key after a rest is asked at once; a burst waits for its end.
    const isBurst = performance.now() - this.#lastAsked < 3 * PAUSE_MS;
    this.#lastAsked = performance.now();
    if (isBurst) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (going.signal.aborted) return null;
    try {
      const html = await load(query, going.signal);
      this.#keep(query, html);
      return parse(html);
    } catch (error) {
      if (going.signal.aborted) return null;
      throw error;
    }
  }

  // Whatever is under way no longer matters.
  drop() {
    this.#going?.abort();
  }

  #keep(query, html) {
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value);
    this.#kept.set(query, html);
  }
}

async function load(query, signal) {
  const address = `/search/instant?${new URLSearchParams({ q: query, ...ofLocale() })}`;
  const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  if (!response.ok) throw new Error(`search answered ${response.status}`);
  return response.text();
}

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const answer = holder.content.querySelector("[data-count]");
  return {
    hits: [...holder.content.querySelectorAll("[role=option]")].map(named),
    popular: [...holder.content.querySelectorAll("[data-popular] a")].map((link) => ({ title: link.textContent, url: link.getAttribute("href") })),
    total: Number(answer?.dataset.total ?? 0),
    isAnswered: answer?.dataset.answered === "true",
    corrected: answer?.dataset.corrected ?? "",
    isDegraded: answer?.dataset.degraded === "true",
  };
}

// A screen reader hears the title with its breadcrumb as the name of a hit, and then the snippet.
function named(hit, index) {
  hit.id = `hit-${index + 1}`;
  for (const [attribute, part] of [["aria-labelledby", "name"], ["aria-describedby", "snippet"]]) {
    const element = hit.querySelector(`.hit-${part}`);
    element.id = `${hit.id}-${part}`;
    hit.setAttribute(attribute, element.id);
  }
  return hit;
}
