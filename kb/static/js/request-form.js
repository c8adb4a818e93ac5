// The request form: keeps a draft, and shows articles that may answer while it is filled in.
import { restoreDraft, saveDraft } from "./draft.js";
import { ofLocale } from "./search-locale.js";
import { ngettext } from "./texts.js";

const QUIET_MS = 500;
const MIN_CHARS = 3;
const MOST_CHARS = 2000;
const form = document.querySelector("[data-request-form]");
const list = form.querySelector("[data-suggestion-list]");
const count = form.querySelector("[data-suggestion-count]");
const jump = form.querySelector("[data-suggestion-jump]"); // on a phone the list stands below what is being filled in
const { subject, description } = form.elements;
let timer;
let request;
let asked = "";
let sent = false;

function report(kind, more) {
  const body = new Blob([JSON.stringify({ kind, ...ofLocale(), ...more })], { type: "application/json" });
  navigator.sendBeacon("/events", body);
}

async function suggest() {
  const words = bothEnds(description.value);
  const both = `${subject.value}\n${words}`.trim();
  if (both === asked || list.querySelector("details[open]")) return;
  asked = both;
  request?.abort();
  if (asked.length < MIN_CHARS) {
    list.replaceChildren();
    tell(0);
    return;
  }
  request = new AbortController();
  try {
    const query = new URLSearchParams({ q: subject.value, description: words, ...ofLocale() });
    for (const link of form.querySelectorAll("[data-read]")) query.append("read", link.dataset.read);
    const answer = await fetch(`/requests/suggestions?${query}`, { signal: request.signal });
    if (answer.ok) show(await answer.text());
  } catch (error) {
    if (error.name !== "AbortError") asked = "";
  }
}

// Of a long text, as the server reads it: a pasted log says at its end what went wrong.
function bothEnds(text) {
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS / 2)}\n${text.slice(1 - MOST_CHARS / 2)}` : text;
}

function show(html) {
  const before = list.querySelector("[data-hits]")?.dataset.hits;
  list.innerHTML = html;
  const hits = list.querySelector("[data-hits]")?.dataset.hits;
  const shown = suggestionsShown();
  tell(shown.length);
  if (hits && hits !== before) report("suggest_shown", { query: asked.slice(0, 500), hits: shown.map((one) => one.dataset.suggestion) });
}

// A narrow page leaves the last ones out.
function suggestionsShown() {
  return [...list.querySelectorAll("[data-suggestion]")].filter((one) => one.checkVisibility());
}

function tell(number) {
  const said = number ? ngettext("%(num)s article may answer this", "%(num)s articles may answer this", number) : "";
  count.textContent = said;
  jump.firstElementChild.hidden = !number;
  jump.firstElementChild.textContent = said;
}

async function open(details) {
  const body = details.querySelector("[data-suggestion-body]");
  if (details.dataset.loaded) return;
  details.dataset.loaded = "yes";
  const slugs = [...list.querySelectorAll("[data-suggestion]")].map((one) => one.dataset.suggestion);
  const slug = details.dataset.suggestion;
  report("suggest_click", { slug, query: asked.slice(0, 500), rank: slugs.indexOf(slug) + 1 });
  try {
    const answer = await fetch(`/requests/suggestions/${encodeURIComponent(slug)}?${new URLSearchParams(ofLocale())}`);
    if (answer.ok) body.innerHTML = await answer.text();
  } catch {
    delete details.dataset.loaded;
  }
}

list.addEventListener("toggle", (event) => event.target.open && open(event.target), true);
form.addEventListener("input", () => {
  saveDraft(form);
  clearTimeout(timer);
  timer = setTimeout(suggest, QUIET_MS);
});
addEventListener("resize", () => list.querySelector("[data-hits]") && tell(suggestionsShown().length));
form.addEventListener("submit", (event) => {
  sent = true;
  // An answered question needs no files to be sent.
  const files = form.elements.files;
  if (files && event.submitter?.name === "solved") files.disabled = true;
});
addEventListener("pagehide", () => {
  if (!sent && (subject.value.trim() || description.value.trim())) report("form_abandoned", { query: subject.value.slice(0, 500) });
});
addEventListener("pageshow", () => {
  sent = false;
  if (form.elements.files) form.elements.files.disabled = false;
});

form.querySelector("[data-check]").hidden = true;
jump.hidden = false; // its place is kept, so that nothing moves when it has something to say
restoreDraft(form);
if (!list.querySelector("[data-hits]")) suggest();
