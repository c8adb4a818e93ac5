// Tells the server what only the page can see: an article that was really read, a hit that was chosen. Never in the reader's way.
import { ofLocale } from "./search-locale.js";

const READ_S = 10;
const SAID = "deskbook-script-ran";
const SAY_AGAIN_MS = 10 * 60 * 1000;
const SHOWN = "[data-article], details[data-suggestion][open]";
const seconds = new Map();
const reported = new Set();
let hasScrolled = false;

export function report(kind, more) {
  navigator.sendBeacon("/events", JSON.stringify({ kind, ...more }));
}

const slugOf = (element) => element.dataset.article ?? element.dataset.suggestion;

function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight && (element.checkVisibility?.() ?? true);
}

// Landing on a heading far down is no scrolling; nor is anything on an article that fits the window.
function isPastHalf(element) {
  const { top, height } = element.getBoundingClientRect();
  return hasScrolled && height > innerHeight && top + height / 2 < innerHeight / 2;
}

function engage(element) {
  const slug = slugOf(element);
  if (reported.has(slug)) return;
  reported.add(slug);
  report("article_engaged", { slug, digest: element.dataset.digest });
}

function tick() {
  if (document.visibilityState !== "visible") return;
  for (const element of document.querySelectorAll(SHOWN)) {
    const slug = slugOf(element);
    if (!reported.has(slug) && isInView(element)) seconds.set(slug, (seconds.get(slug) ?? 0) + 1);
    if (seconds.get(slug) >= READ_S) engage(element);
  }
}

function scrolled() {
  for (const element of document.querySelectorAll("[data-article]")) if (isPastHalf(element) && isInView(element)) engage(element);
}

function chose(event) {
  const hit = event.button < 2 && event.target.closest?.("a[data-slug][data-rank]");
  if (hit) report("search_click", { ...ofLocale(), slug: hit.dataset.slug, rank: Number(hit.dataset.rank), query: new URLSearchParams(location.search).get("q") ?? undefined });
}

// The search box follows a hit by itself, and says so.
function followed({ target, detail }) {
  const slug = /^(?:\/[^/]+)?\/articles\/([^/]+)$/.exec(new URL(target.dataset.href ?? "", location.href).pathname)?.[1];
  const rank = 1 + [...target.parentElement.querySelectorAll(".hit")].indexOf(target);
  if (slug && rank) report("search_click", { ...ofLocale(), slug: decodeURIComponent(slug), rank, query: detail?.query });
}

// Says once in a while that a script runs here: so a visit is a person's and not a program's. The server keeps one of them in a visit.
function sayScriptRan() {
  if (!document.querySelector("[data-article], .search-page, [data-request-form]")) return;
  try {
    if (Date.now() - Number(sessionStorage.getItem(SAID)) < SAY_AGAIN_MS) return;
    sessionStorage.setItem(SAID, Date.now());
  } catch {
    // Without storage every page says it.
  }
  report("script_ran");
}

if (document.prerendering) document.addEventListener("prerenderingchange", sayScriptRan, { once: true });
else sayScriptRan();
for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, () => (hasScrolled = true), { passive: true, once: true });
addEventListener("scroll", scrolled, { passive: true });
addEventListener("click", chose, true);
addEventListener("auxclick", chose, true);
addEventListener("deskbook:follow", followed);
setInterval(tick, 1000);
