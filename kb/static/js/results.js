// The results page: its links carry the found words along, as those of the search box do.
import { withFoundWords } from "./found-address.js";

for (const hit of document.querySelectorAll(".search-result")) {
  const link = hit.querySelector("a[data-slug]");
  if (link) link.href = withFoundWords(link.href, hit);
}
