// Light or dark as the reader chose, set before the first paint; without a choice the system decides.
// A plain script in the head: a module would run too late and the page would flash.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  root.dataset.scripted = "";
  // Set beside the session's own cookie, which scripts cannot read; it only chooses between two links.
  if (/(^|; )deskbook_signed_in=/.test(document.cookie)) root.dataset.signedIn = "";
  try {
    const kept = localStorage.getItem("deskbook.theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch { /* storage is switched off: the system decides */ }

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    const bySystem = system.matches ? "dark" : "light";
    const next = (root.dataset.theme ?? bySystem) === "dark" ? "light" : "dark";
    if (next === bySystem) delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === bySystem) localStorage.removeItem("deskbook.theme");
      else localStorage.setItem("deskbook.theme", next);
    } catch { /* the choice holds for this page */ }
  });
})();
