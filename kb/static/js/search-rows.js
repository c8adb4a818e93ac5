// The rows of the list below the search box: hits come from the server, what surrounds them is made here.
import { ofLocale } from "./search-locale.js";

const ICONS = {
  all: "M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4.5 4.5",
  ask: "M3 4.5h14v9H9l-4 3v-3H3z",
  page: "M5 2.5h7l3.5 3.5v11.5H5zM8 10h5M8 13h5",
  past: "M10 5v5l3.5 2M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z",
  forget: "M5 5l10 10M15 5 5 15",
};

// What a screen reader hears of an answer.
export function described(answer, query) {
  if (!answer.hits.length) return `No results for “${shorten(query)}”`;
  const count = `${answer.hits.length} ${answer.hits.length === 1 ? "result" : "results"} listed`;
  const corrected = answer.corrected ? ` for “${shorten(answer.corrected)}”` : "";
  return `${count}${corrected}${answer.isAnswered ? "" : ", which may only be related"}`;
}

// Above the answers stands how they were looked for: what a word was read as, and where.
export function resultRows(answer, query, scope) {
  const rows = answer.hits.length ? foundRows(answer, query, scope) : emptyRows(answer, query, scope);
  if (!answer.corrected) return rows;
  const verbatim = aside(asked("verbatim", ICONS.all, (words) => ["Search instead for ", quoted(words)], (words) => `${results(words)}&verbatim=1`, query));
  return [label(`${answer.isAnswered ? "Showing results for" : "Read as"} “`, isolated(shorten(answer.corrected)), "”"), verbatim, ...rows];
}

// What nothing answers for sure leads with the request form.
function foundRows(answer, query, scope) {
  const rows = [...answer.hits, first(allRow(query))];
  if (scope) rows.unshift(aside(asked("scope", ICONS.all, () => ["Search only in ", strong(scope.name)], (words) => results(words, scope.slug), query)));
  if (!answer.isAnswered) rows.unshift(label("We may not have an article on this yet"), askRow(query, scope), label("These may be related"));
  return rows;
}

function emptyRows(answer, query, scope) {
  const popular = answer.popular.map(({ title, url }, index) => row(`popular-${index}`, ICONS.page, [isolated(title)], url));
  const hint = label("Check the spelling, or use fewer and more general words.");
  hint.classList.add("hint");
  return [label("No results for “", isolated(shorten(query)), "”"), hint, askRow(query, scope), ...(popular.length ? [label("Good places to start"), ...popular] : [])];
}

export function recentRows(searches) {
  const rows = searches.map((query, index) => {
    const past = row(`recent-${index}`, ICONS.past, [isolated(query)]);
    past.dataset.recent = query;
    past.append(forgetMark());
    return past;
  });
  const all = row("forget-all", ICONS.forget, ["Clear recent searches"]);
  all.dataset.forgetAll = "";
  return [label("Recent searches"), ...rows, first(all)];
}

export function unreachableRows(query) {
  return [allRow(query), row("browse", ICONS.page, ["Browse the help centre"], home()), askRow(query, null)];
}

function allRow(query) {
  return asked("all", ICONS.all, (words) => ["See all results for ", quoted(words)], results, query);
}

function askRow(query, scope) {
  const address = (words) => `/requests/new?${new URLSearchParams({ subject: words.slice(0, 200), ...(scope && { category: scope.slug }), ...ofLocale() })}`;
  return asked("ask", ICONS.ask, () => [strong("Submit a request"), " with what you typed"], address, query);
}

const home = () => document.querySelector(".site-header .brand")?.getAttribute("href") ?? "/";
const results = (query, category) => `/search?${new URLSearchParams({ q: query, ...(category && { category }), ...ofLocale() })}`;
const shorten = (query) => (query.length > 60 ? `${query.slice(0, 60).trimEnd()}…` : query);

function row(id, icon, words, href) {
  const element = document.createElement("div");
  element.id = `search-${id}`;
  element.className = "search-row";
  element.setAttribute("role", "option");
  if (href) element.dataset.href = href;
  const text = document.createElement("span");
  text.append(...words);
  element.append(drawing(icon), text);
  return element;
}

// A row on the words in the field, which change while an answer is under way.
function asked(id, icon, say, address, query) {
  const element = row(id, icon, []);
  element.follow = (words) => {
    element.querySelector("span").replaceChildren(...say(words));
    element.dataset.href = address(words);
  };
  element.follow(query);
  return element;
}

// A row that the first arrow down passes by.
function aside(element) {
  element.dataset.aside = "";
  return element;
}

// The first of a group: a line stands above it.
function first(element) {
  element.classList.add("first");
  return element;
}

function label(...words) {
  const element = document.createElement("div");
  element.className = "search-label";
  element.setAttribute("role", "presentation");
  element.append(...words);
  return element;
}

// For the mouse and the finger; on the keyboard it is the Delete key. An option may not hold a button.
function forgetMark() {
  const mark = document.createElement("span");
  mark.className = "search-forget";
  mark.dataset.forget = "";
  mark.title = "Remove (Delete)";
  mark.append(drawing(ICONS.forget));
  return mark;
}

function strong(words) {
  const element = document.createElement("b");
  element.textContent = words;
  element.dir = "auto";
  return element;
}

// Words that people wrote: they run in their own direction and leave those around them alone.
function isolated(words) {
  const element = document.createElement("bdi");
  element.textContent = words;
  return element;
}

function quoted(words) {
  return strong(`“${shorten(words)}”`);
}

function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", "stroke-width": "1.6", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
