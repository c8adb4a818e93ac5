// A link to a question opens it; opening one puts its address in the bar, to be copied.
function open() {
  const question = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (question?.matches("details.question")) question.open = true;
}

for (const question of document.querySelectorAll("details.question")) {
  question.querySelector("summary").addEventListener("click", () => {
    if (!question.open) history.replaceState(null, "", `#${question.id}`);
  });
}
addEventListener("hashchange", open);
open();
