// The draft of a request, kept in this browser until it is sent. Never who is asking: computers are shared.
const KEY = "deskbook-request-draft";
const LIFE_MS = 24 * 3600 * 1000;
const FIELDS = ["subject", "description", "category"];

export function loadDraft() {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return draft && Date.now() - draft.at < LIFE_MS ? draft : null;
  } catch {
    return null;
  }
}

export function saveDraft(form) {
  const draft = { at: Date.now() };
  for (const name of FIELDS) draft[name] = form.elements[name]?.value ?? "";
  try {
    if (FIELDS.some((name) => draft[name].trim())) localStorage.setItem(KEY, JSON.stringify(draft));
    else localStorage.removeItem(KEY);
  } catch {
    // No storage, no draft: the form works without.
  }
}

export function clearDraft() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

// Whether anything was filled in. Words that came with the page win over the draft.
export function restoreDraft(form) {
  const draft = loadDraft();
  if (!draft || form.elements.subject.value || form.elements.description.value) return false;
  for (const name of FIELDS) if (form.elements[name] && draft[name]) form.elements[name].value = draft[name];
  return true;
}
