// A vote and its reason are sent without leaving the article.
const box = document.querySelector("[data-vote]");

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const body = new FormData(form, event.submitter);
  body.set("fragment", "1");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    box.innerHTML = await answer.text();
    (box.querySelector("input, textarea") ?? box).focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  } catch {
    box.removeEventListener("submit", send);
    form.requestSubmit(event.submitter);
  }
}

box?.setAttribute("tabindex", "-1");
box?.addEventListener("submit", send);
