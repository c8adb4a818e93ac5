// `/` and Ctrl-K (Cmd-K) lead to the search box from anywhere, but never while somebody types elsewhere.
const TYPES_NOTHING = new Set(["button", "checkbox", "radio", "range", "color", "file", "image", "reset", "submit"]);

// Calls `ask` with the selected text, or with nothing where none is selected.
export function onSearchKey(ask) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event.target)) return;
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isOpener = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (!isSlash && !isOpener) return;
    event.preventDefault();
    ask((isOpener && selectedWords()) || undefined);
  });
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input")) return !TYPES_NOTHING.has(target.type);
  return target.isContentEditable || target.matches("textarea, select");
}

function selectedWords() {
  return getSelection().toString().replace(/\s+/g, " ").trim().slice(0, 200);
}
