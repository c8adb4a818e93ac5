// What was done is said once: loaded again, the page must not say it a second time.
const here = new URL(location.href);
const SAID = ["done", "of", "problem"];

if (SAID.some((name) => here.searchParams.has(name))) {
  // The server has what was typed: as a message, or as a draft.
  const number = here.searchParams.get("of") ?? here.pathname.match(/\/tickets\/(\d+)/)?.[1];
  try { sessionStorage.removeItem(`deskbook-unsaved:/desk/tickets/${number}/draft`); } catch { /* nothing noted */ }
  for (const name of SAID) here.searchParams.delete(name);
  history.replaceState(history.state, "", here);
}
