// What was done is said once: loaded again, the page must not say it a second time.
const here = new URL(location.href);
const SAID = ["done", "of", "problem"];

if (SAID.some((name) => here.searchParams.has(name))) {
  for (const name of SAID) here.searchParams.delete(name);
  history.replaceState(history.state, "", here);
}
