// Marks the words a reader searched for on the page they landed on (`?h=`). Escape takes the marks away.
const SHORTEST = 2;
const MOST_MARKS = 500;

const query = new URLSearchParams(location.search).get("h");
const page = document.querySelector("[data-found-in]");
if (query && page && window.CSS?.highlights) mark(query.slice(0, 300), page);

function mark(query, page) {
  const pattern = wordsOf(query);
  if (!pattern) return;
  const ranges = [];
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && ranges.length < MOST_MARKS) ranges.push(...rangesIn(walker.currentNode, pattern));
  CSS.highlights.set("found", new Highlight(...ranges));
  document.addEventListener("keydown", (event) => event.key === "Escape" && CSS.highlights.delete("found"));
}

// Each word with whatever ending it has on the page: "driver" also marks "drivers", but "the" not "then".
function wordsOf(query) {
  const words = query.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length >= SHORTEST);
  const forms = words.map((word) => `${word}[\\p{L}\\p{N}]{0,${word.length > 3 ? 3 : 1}}`);
  return words.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${forms.join("|")})(?![\\p{L}\\p{N}])`, "giu") : null;
}

function rangesIn(node, pattern) {
  return [...node.data.matchAll(pattern)].map((match) => {
    const range = new Range();
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].length);
    return range;
  });
}
