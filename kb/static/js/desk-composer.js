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
  // Sent: the page that comes back without an error no longer needs it. Said once: loaded again, it must not forget what is typed from now on.
  const here = new URL(location.href);
  if (/^(sent|noted)$/.test(here.searchParams.get("done"))) {
    try { localStorage.removeItem(key); } catch { /* nothing kept */ }
    here.searchParams.delete("done");
    history.replaceState(history.state, "", here);
  }

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
    // The reply leads to the next ticket: its own page will not come back to forget it.
    if (goesOn?.checked && event.submitter?.matches("[data-send]")) sessionStorage.setItem("deskbook-sent", key);
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
}

// On whatever page of the desk follows a reply that was taken.
try {
  const sent = sessionStorage.getItem("deskbook-sent");
  if (sent && !document.querySelector("[data-error-summary]")) localStorage.removeItem(sent);
  sessionStorage.removeItem("deskbook-sent");
} catch { /* nothing kept */ }
