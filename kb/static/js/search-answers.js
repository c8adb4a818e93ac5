// Asks the server while somebody types, and never twice for the same words. On a slow network several questions are under way, each the
// beginning of the next: the list follows the typing, late, instead of waiting for its end.
import { ofLocale } from "./search-locale.js";
import { _, ngettext } from "./texts.js";

const PAUSE_MS = 80;
const PATIENCE_MS = 6000;
const MOST_KEPT = 60;
const MOST_AT_ONCE = 3;

export class Answers {
  #kept = new Map();
  #going = new Map();
  #pausing = null;
  #lastAsked = 0;

  // The answer to `query`; null when later ones made it needless. Throws NoAnswer with what to say when the server does not answer.
  async ask(query) {
    for (const [words, going] of this.#going) if (!query.startsWith(words)) going.abort();
    this.#pausing?.abort();
    if (this.#kept.has(query)) return parse(this.#kept.get(query));
    const going = (this.#pausing = new AbortController());
    // The first key after a rest is asked at once; a burst waits for its end, and for one of those under way.
    const isBurst = performance.now() - this.#lastAsked < 3 * PAUSE_MS;
    this.#lastAsked = performance.now();
    if (isBurst) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    while (this.#going.size >= MOST_AT_ONCE && !going.signal.aborted) await Promise.any([...this.#going.values()].map((one) => one.over));
    if (going.signal.aborted) return null;
    this.#pausing = null;
    return this.#load(query, going);
  }

  // Whatever is under way no longer matters.
  drop() {
    this.#pausing?.abort();
    for (const going of this.#going.values()) going.abort();
  }

  async #load(query, going) {
    const loading = load(query, going.signal);
    going.over = loading.catch(() => {});
    this.#going.set(query, going);
    try {
      const html = await loading;
      this.#keep(query, html);
      return parse(html);
    } catch (error) {
      if (going.signal.aborted) return null;
      throw error;
    } finally {
      if (this.#going.get(query) === going) this.#going.delete(query);
    }
  }

  #keep(query, html) {
    if (parse(html).isDegraded) return;
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value);
    this.#kept.set(query, html);
  }
}

async function load(query, signal) {
  const address = `/search/instant?${new URLSearchParams({ q: query, ...ofLocale() })}`;
  try {
    const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
    if (response.ok) return await response.text();
    throw new NoAnswer(response.status === 429 ? tooMany(Number(response.headers.get("Retry-After"))) : silent());
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer(navigator.onLine ? silent() : _("You seem to be offline. Search again when you are back online"));
  }
}

const silent = () => _("Search did not answer. Try the results page, browse by topic, or send us a request");
const tooMany = (seconds) =>
  ngettext(
    "Too many searches came from your network. Try again in %(num)s second, or browse by topic",
    "Too many searches came from your network. Try again in %(num)s seconds, or browse by topic",
    seconds || 1,
  );

export class NoAnswer extends Error {}

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const answer = holder.content.querySelector("[data-answered]");
  return {
    hits: [...holder.content.querySelectorAll("[role=option]")].map(named),
    popular: [...holder.content.querySelectorAll("[data-popular] a")].map((link) => ({ title: link.textContent, url: link.getAttribute("href") })),
    isAnswered: answer?.dataset.answered === "true",
    corrected: answer?.dataset.corrected ?? "",
    isDegraded: answer?.dataset.degraded === "true",
    isDown: answer?.dataset.down === "true",
  };
}

// A screen reader hears the title with its breadcrumb as the name of a hit, and then the snippet.
function named(hit, index) {
  hit.id = `hit-${index + 1}`;
  hit.dir ||= "auto";
  for (const [attribute, part] of [["aria-labelledby", "name"], ["aria-describedby", "snippet"]]) {
    const element = hit.querySelector(`.hit-${part}`);
    element.id = `${hit.id}-${part}`;
    hit.setAttribute(attribute, element.id);
  }
  return hit;
}
