// The rows of the list below the search box: hits come from the server, what surrounds them is made here.
import { ofLocale } from "./search-locale.js";

const ICONS = {
  all: "M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4.5 4.5",
  ask: "M3 4.5h14v9H9l-4 3v-3H3z",
  past: "M10 5v5l3.5 2M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z",
  forget: "M5 5l10 10M15 5 5 15",
};

export const noResults = (query) => `No results for “${shorten(query)}”`;

export function resultRows(answer, query, scope) {
  const rows = answer.hits.length ? [...answer.hits, allRow(query, answer.total)] : [label(noResults(query))];
  if (answer.corrected && answer.hits.length) rows.unshift(label(`Showing results for “${shorten(answer.corrected)}”`));
  if (answer.corrected) rows.push(row("verbatim", ICONS.all, ["Search instead for ", strong(`“${shorten(query)}”`)], `${results(query)}&verbatim=1`));
  if (scope && answer.hits.length) rows.push(row("scope", ICONS.all, ["Search only in ", strong(scope.name)], results(query, scope.slug)));
  if (!answer.isAnswered) rows.push(askRow(query, answer.hits.length ? "None of these? " : "", scope));
  return markFirst(rows);
}

export function recentRows(searches) {
  const rows = searches.map((query, index) => {
    const past = row(`recent-${index}`, ICONS.past, [query]);
    past.dataset.recent = query;
    past.append(forgetMark());
    return past;
  });
  const all = row("forget-all", ICONS.forget, ["Clear recent searches"]);
  all.dataset.forgetAll = "";
  all.classList.add("first");
  return [label("Recent searches"), ...rows, all];
}

export function unreachableRows(query) {
  return [allRow(query, 0), askRow(query, "", null)];
}

function allRow(query, total) {
  return row("all", ICONS.all, [total > 1 ? `See all ${total} results for ` : "See the results page for ", strong(`“${shorten(query)}”`)], results(query));
}

function askRow(query, before, scope) {
  const fields = { subject: query.slice(0, 200), ...(scope && { category: scope.slug }) };
  return row("ask", ICONS.ask, [before, strong("Submit a request")], `/requests/new?${new URLSearchParams(fields)}`);
}

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

function markFirst(rows) {
  rows.find((element) => element.matches(".search-row"))?.classList.add("first");
  return rows;
}

function label(words) {
  const element = document.createElement("div");
  element.className = "search-label";
  element.setAttribute("role", "presentation");
  element.textContent = words;
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
  return element;
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
