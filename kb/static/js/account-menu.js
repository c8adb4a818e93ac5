// Who is signed in. Pages are the same for everybody and hold a link that fits both; only browsers with the hint of a session fetch more.
const HINT = "deskbook_signed_in=";
const slot = document.querySelector("[data-account]");
const plain = slot?.innerHTML;

async function show() {
  const root = document.documentElement;
  const mayBeSignedIn = document.cookie.split("; ").some((cookie) => cookie.startsWith(HINT));
  slot.innerHTML = plain;
  root.toggleAttribute("data-signed-in", mayBeSignedIn);
  if (!mayBeSignedIn) return;
  const answer = await fetch(`/account/menu?language=${root.dataset.language ?? "en"}`).catch(() => null);
  if (answer?.status === 200) slot.innerHTML = await answer.text();
  else if (answer?.status === 204) root.removeAttribute("data-signed-in");
}

function closeOthers({ target }) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(target)) menu.open = false;
}

function closeByKey(event) {
  const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
}

if (slot) {
  show();
  // A page that comes back by the Back button shows who was signed in then.
  addEventListener("pageshow", ({ persisted }) => persisted && show());
}
document.addEventListener("click", closeOthers);
document.addEventListener("focusin", closeOthers);
document.addEventListener("keydown", closeByKey);
