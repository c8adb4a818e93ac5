// The reader's last searches: kept in this browser, never sent.
const KEY = "deskbook.searches";
const MOST = 7;
const LONGEST = 100;

// Newest first, at most seven.
export function recentSearches() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string" && query).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function rememberSearch(query) {
  if (query && query.length <= LONGEST) store([query, ...without(query)]);
}

// All of them when no query is named.
export function forgetSearch(query) {
  store(query === undefined ? [] : without(query));
}

function without(query) {
  const folded = query.toLowerCase();
  return recentSearches().filter((kept) => kept.toLowerCase() !== folded);
}

function store(searches) {
  try {
    localStorage.setItem(KEY, JSON.stringify(searches.slice(0, MOST)));
  } catch { /* storage is full or switched off: nothing is remembered */ }
}
