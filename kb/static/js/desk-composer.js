// The composer keeps what is typed in this browser until it is sent, sends with Ctrl-Enter, and only once.
const form = document.querySelector("[data-composer]");

if (form) {
  const key = `deskbook-draft:${form.dataset.draft}`;
  const body = form.querySelector("[data-composer-body]");
  const kind = () => form.querySelector('[name="kind"]:checked')?.value;
  const read = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const store = () => {
    try { body.value.trim() ? localStorage.setItem(key, JSON.stringify({ body: body.value, kind: kind() })) : localStorage.removeItem(key); } catch { /* no room: the page still has it */ }
  };
  const kept = read();
  if (kept && !body.value.trim()) {
    body.value = kept.body;
    const choice = form.querySelector(`[name="kind"][value="${kept.kind}"]`);
    if (choice) choice.checked = true;
  }
  form.addEventListener("input", store);
  form.addEventListener("change", store);

  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-send]")); }
  });

  const goesOn = form.querySelector("[data-goes-on]");
  if (goesOn) {
    try { goesOn.checked ||= localStorage.getItem("deskbook-goes-on") === "1"; } catch { /* as the server said */ }
    goesOn.addEventListener("change", () => { try { localStorage.setItem("deskbook-goes-on", goesOn.checked ? "1" : ""); } catch { /* for this page only */ } });
  }

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
}
