// The rows of the list below the search box: hits come from the server, what surrounds them is made here.
import { ofLocale } from "./search-locale.js";
import { _, around, ngettext } from "./texts.js";

const ICONS = {
  all: "M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4.5 4.5",
  ask: "M3 4.5h14v9H9l-4 3v-3H3z",
  page: "M5 2.5h7l3.5 3.5v11.5H5zM8 10h5M8 13h5",
  past: "M10 5v5l3.5 2M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z",
  forget: "M5 5l10 10M15 5 5 15",
};

// What a screen reader hears of an answer.
export function described(answer, query) {
  if (!answer.hits.length) return _("No results for “%(query)s”", { query: shorten(query) });
  const parts = [ngettext("%(num)s result", "%(num)s results", answer.hits.length)];
  if (answer.corrected) parts.push(_("Showing results for “%(query)s”", { query: shorten(answer.corrected) }));
  if (!answer.isAnswered) parts.push(_("The results may only be related"));
  return parts.join(". ");
}

// Above the answers stands how they were looked for: what a word was read as, and where.
export function resultRows(answer, query, scope) {
  const rows = answer.hits.length ? foundRows(answer, query, scope) : emptyRows(answer, query, scope);
  if (!answer.corrected) return rows;
  const verbatim = aside(asked("verbatim", ICONS.all, (words) => around("Search instead for “%(query)s”", quoted(words)), (words) => `${results(words)}&verbatim=1`, query));
  return [label(...around("Showing results for “%(query)s”", isolated(shorten(answer.corrected)))), verbatim, ...rows];
}

// What nothing answers for sure leads with the request form.
function foundRows(answer, query, scope) {
  const rows = [...answer.hits, first(allRow(query))];
  if (scope) rows.unshift(aside(asked("scope", ICONS.all, () => around("Search only in %(category)s", strong(scope.name)), (words) => results(words, scope.slug), query)));
  if (!answer.isAnswered) rows.unshift(label(_("We may not have an article on this yet")), askRow(query, scope), label(_("These may be related")));
  return rows;
}

function emptyRows(answer, query, scope) {
  const popular = answer.popular.map(({ title, url }, index) => row(`popular-${index}`, ICONS.page, [isolated(title)], url));
  const hint = label(_("Check the spelling, or use fewer or more general words."));
  hint.classList.add("hint");
  return [label(...around("No results for “%(query)s”", isolated(shorten(query)))), hint, askRow(query, scope), ...(popular.length ? [label(_("Good places to start")), ...popular] : [])];
}

export function recentRows(searches) {
  const rows = searches.map((query, index) => {
    const past = row(`recent-${index}`, ICONS.past, [isolated(query)]);
    past.dataset.recent = query;
    past.append(forgetMark());
    return past;
  });
  const all = row("forget-all", ICONS.forget, [_("Clear recent searches")]);
  all.dataset.forgetAll = "";
  return [label(_("Recent searches")), ...rows, first(all)];
}

export function unreachableRows(query) {
  return [allRow(query), row("browse", ICONS.page, [_("Browse the help centre")], home()), askRow(query, null)];
}

function allRow(query) {
  return asked("all", ICONS.all, (words) => around("See all results for “%(query)s”", quoted(words)), results, query);
}

function askRow(query, scope) {
  const address = (words) => `/requests/new?${new URLSearchParams({ subject: words.slice(0, 200), ...(scope && { category: scope.slug }), ...ofLocale() })}`;
  return asked("ask", ICONS.ask, () => [strong(_("Submit a request")), " ", _("with your search included")], address, query);
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
  mark.title = _("Remove (Delete)");
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
  return strong(shorten(words));
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
