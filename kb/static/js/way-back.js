// Going back by the browser's history keeps what was typed in the form; a fresh page would not.
for (const link of document.querySelectorAll("[data-way-back]")) {
  link.addEventListener("click", (event) => {
    if (history.length < 2 || !document.referrer.startsWith(location.origin)) return;
    event.preventDefault();
    history.back();
  });
}
