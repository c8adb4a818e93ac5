// A message that was sent needs no draft any more, on whatever page of the desk follows. Said once: loaded again, the page must not forget what is typed from now on.
const here = new URL(location.href);
const number = here.searchParams.get("of");

if (number && /^(sent|noted)$/.test(here.searchParams.get("done"))) {
  try { localStorage.removeItem(`deskbook-draft:ticket-${number}`); } catch { /* nothing kept */ }
  here.searchParams.delete("done");
  here.searchParams.delete("of");
  history.replaceState(history.state, "", here);
}
