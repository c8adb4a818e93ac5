// What a customer has begun to write on a request's page, kept in this tab until it is sent: other buttons of the page load it again.
const form = document.querySelector("[data-message-form]");
const body = form?.elements.body;
const key = `deskbook-message:${location.pathname}`;

if (body) {
  try {
    if (form.dataset.messageForm === "sent") sessionStorage.removeItem(key);
    else if (!body.value) body.value = sessionStorage.getItem(key) ?? "";
  } catch { /* no storage, nothing is kept */ }
  body.addEventListener("input", () => { try { sessionStorage.setItem(key, body.value); } catch { /* no room: the page itself has it */ } });
}
