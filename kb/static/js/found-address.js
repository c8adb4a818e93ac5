// The address of a hit with the words that were marked in it: found-words.js marks them where the reader lands.
const LONGEST = 200;

export function withFoundWords(href, hit) {
  const words = new Set([...hit.querySelectorAll("mark")].map((mark) => mark.textContent.trim().toLowerCase()));
  if (!words.size) return href;
  const address = new URL(href, location.href);
  address.searchParams.set("h", [...words].join(" ").slice(0, LONGEST));
  return address.href;
}
