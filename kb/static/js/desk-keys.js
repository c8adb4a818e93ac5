// Keyboard shortcuts of the desk. Never while typing, never with a modifier, and off when the switch says so.
const OFF = "deskbook-keys-off";
const dialog = document.querySelector("[data-keys]");
const toggle = document.querySelector("[data-keys-switch]");
const rows = [...document.querySelectorAll("[data-row] a")];

const isOff = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const remember = (off) => { try { off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF); } catch { /* kept for this page only */ } };
// A checkbox takes no letters. The one of this dialog keeps the focus for a moment after the dialog has closed.
const isTyping = (target) => target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");

function move(step) {
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement);
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + step));
  rows[next].focus();
}

function write(kind) {
  const composer = document.querySelector("[data-composer]");
  const choice = composer?.querySelector(`[name="kind"][value="${kind}"]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  const body = composer.querySelector("[data-composer-body]");
  body.focus();
  body.setSelectionRange(body.value.length, body.value.length);
  return true;
}

const click = (selector) => { const found = document.querySelector(selector); found?.click(); return Boolean(found); };
const focus = (selector) => { const found = document.querySelector(selector); found?.focus(); found?.select?.(); return Boolean(found); };
const inList = (step) => { if (!rows.length) return false; move(step); return true; };

const KEYS = {
  j: () => inList(1), ArrowDown: () => inList(1), k: () => inList(-1), ArrowUp: () => inList(-1),
  r: () => write("public"), n: () => write("note"), t: () => click("[data-take]"),
  "]": () => click("[data-next]"), u: () => click("[data-up]"), "/": () => focus("[data-desk-search]"),
  f: () => focus("[data-desk-filter]"), ">": () => click("[data-page-after]"), "<": () => click("[data-page-before]"),
  "?": () => { dialog.showModal(); return true; },
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) || dialog?.open || (isOff() && event.key !== "?")) return;
  if (KEYS[event.key]?.()) event.preventDefault();
});

if (dialog) {
  toggle.checked = !isOff();
  toggle.addEventListener("change", () => remember(!toggle.checked));
  for (const button of document.querySelectorAll("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
}
