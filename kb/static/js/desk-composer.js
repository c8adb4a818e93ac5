import { _, ngettext } from "./texts.js";
import { forget, noted, note, unsaved } from "./unsaved-message.js";

// The composer saves what is typed and chosen as a draft on the server, sends with Ctrl-Enter, and only once.
// What was typed since the last save also stays in the tab: a page loaded again may be quicker than the save of the one before.
const WAIT_MS = 700;
// An automatic save is answered by a redirect only to the sign-in page.
const isSignedOut = (answer) => answer.type === "opaqueredirect" || answer.status === 401;
const form = document.querySelector("[data-composer]");

if (form) {
  const body = form.querySelector("[data-composer-body]");
  const state = form.querySelector("[data-draft-state]");
  const discard = form.querySelector("[data-discard]");
  const otherTab = form.querySelector("[data-other-tab]");
  let timer = 0, saving = null, isChanged = false, isUploading = false;

  const changed = () => { isChanged = true; note(form); clearTimeout(timer); timer = setTimeout(save, WAIT_MS); };

  const lost = noted(form);
  if (lost.isChanged) changed();
  if (lost.files.length) {
    state.textContent = ngettext("Choose this file again, your browser could not keep it: %(names)s", "Choose these files again, your browser could not keep them: %(names)s", lost.files.length, { names: lost.files.join(", ") });
  }

  function signedOut() {
    const link = document.createElement("a");
    link.href = form.dataset.signIn;
    link.textContent = _("Sign in");
    state.replaceChildren(_("You are signed out. Not saved: %(what)s. This tab keeps your text and choices, but not files.", { what: unsaved(form).join(", ") }), " ", link);
  }

  // The fragment shows what the other tab stored. Only the agent decides which of the two is kept.
  function changedElsewhere(html) {
    otherTab.innerHTML = html;
    state.textContent = _("Your draft was changed in another tab.");
  }

  async function save(isLeaving = false) {
    clearTimeout(timer);
    if (!isChanged || otherTab.firstElementChild || form.dataset.sent || (isUploading && !isLeaving)) return;
    isChanged = false;
    saving?.abort();
    saving = isLeaving ? null : new AbortController();
    const data = new FormData(form), text = body.value;
    data.delete("files");
    try {
      const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: data, keepalive: isLeaving, signal: saving?.signal, redirect: "manual" });
      if (isSignedOut(answer)) { isChanged = true; signedOut(); return; }
      if (answer.status === 409) { isChanged = true; changedElsewhere(await answer.text()); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      body.defaultValue = text;
      if (!isChanged) forget(form);
      const isKept = Boolean(body.value.trim() || form.querySelector("[name=kept]:checked"));
      state.textContent = isKept ? _("Draft saved") : "";
      discard.hidden = !isKept;
    } catch (error) {
      if (error.name === "AbortError") return;
      isChanged = true;
      state.textContent = _("Your draft could not be saved. Keep this page open.");
    }
  }

  // Files are sent when they are chosen: a page cannot fill a file field again, so after Back they would be gone.
  const input = form.querySelector("input[type=file]");
  async function upload() {
    if (!input.files.length || form.dataset.sent) return;
    clearTimeout(timer);
    saving?.abort();
    isChanged = false;
    const list = form.querySelector("[data-kept]"), chosen = [...input.files], data = new FormData(form);
    state.textContent = _("Uploading…");
    isUploading = true;
    try {
      const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: data, redirect: "manual" });
      if (isSignedOut(answer)) { isChanged = true; note(form); signedOut(); return; }
      if (answer.status === 409) { isChanged = true; note(form); changedElsewhere(await answer.text()); return; }
      if (answer.status !== 200) throw new Error(String(answer.status));
      list.innerHTML = await answer.text();
      // What was chosen meanwhile is still to be sent.
      const transfer = new DataTransfer();
      for (const file of input.files) if (!chosen.includes(file)) transfer.items.add(file);
      input.files = transfer.files;
      state.textContent = _("Draft saved");
      discard.hidden = false;
    } catch {
      state.textContent = _("Your files are not uploaded yet. They will be sent with your message.");
    } finally {
      isUploading = false;
      if (isChanged && !otherTab.firstElementChild) changed();
    }
  }
  input?.addEventListener("change", upload);

  // Inputs beside the conversation belong to the form too, but lie outside of it.
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.form !== form || event.target.type === "file" || event.target.hasAttribute("data-picker-input")) return;
      changed();
    });
  }
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
  addEventListener("pagehide", () => save(true));

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
    clearTimeout(timer);
    saving?.abort();
    note(form);  // until the page that follows says what became of it: a session that has ended must not cost the text
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
}
