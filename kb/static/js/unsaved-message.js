import { _ } from "./texts.js";

// What the composer holds and the server does not, kept in this tab: its text, its kind, the properties chosen and the names of the files.
const keyOf = (form) => `deskbook-unsaved:${form.dataset.draftUrl}`;
const properties = (form) => [...form.elements].filter((element) => form.elements[`was_${element.name}`]);
const wasOf = (form, element) => form.elements[`was_${element.name}`].value;
const chosenOf = (form) => properties(form).filter((element) => element.value !== wasOf(form, element));
const filesOf = (form) => [...(form.elements.files?.files ?? [])].map((file) => file.name);
const pagesOf = (form) => [...form.querySelectorAll("[name=known_page]")].map((input) => input.value);

export function note(form) {
  const chosen = Object.fromEntries(chosenOf(form).map((element) => [element.name, [element.value, wasOf(form, element)]]));
  const content = {
    user: form.dataset.user, body: form.elements.body.value, kind: form.elements.kind.value, chosen, files: filesOf(form),
    pages: [form.elements.page.value, ...pagesOf(form)].slice(0, 10),
  };
  try { sessionStorage.setItem(keyOf(form), JSON.stringify(content)); } catch { /* no room: the save has it */ }
}

export function forget(form) {
  try { sessionStorage.removeItem(keyOf(form)); } catch { /* nothing noted */ }
}

// What is not saved yet, in words.
export function unsaved(form) {
  const labels = chosenOf(form).map((element) => element.labels[0]?.firstChild.textContent.trim() ?? element.name);
  return [...(form.elements.body.value !== form.elements.body.defaultValue ? [_("your message")] : []), ...labels, ...filesOf(form)];
}

// Fills the form with what was noted; says whether that changed it, and which files must be chosen again.
export function noted(form) {
  let found = null;
  try { found = JSON.parse(sessionStorage.getItem(keyOf(form))); } catch { /* nothing noted that can be read */ }
  if (found?.user !== form.dataset.user) { forget(form); return { isChanged: false, files: [] }; }
  const differs = found.body !== form.elements.body.value;
  // The draft on the server may be of another tab: saving must then be refused as on the page before.
  if (differs) for (const input of form.querySelectorAll("[name=known_page]")) input.remove();
  for (const page of found.pages ?? []) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: "known_page", value: page });
    form.append(input);
  }
  if (differs) form.elements.body.value = found.body;
  const choice = form.querySelector(`[name="kind"][value="${CSS.escape(found.kind)}"]`);
  const isOther = Boolean(choice) && !choice.checked;
  if (choice) choice.checked = true;
  let isChosen = false;
  for (const element of properties(form)) {
    const [value, was] = found.chosen?.[element.name] ?? [];
    // What a colleague changed meanwhile stays as it is now.
    if (value === undefined || was !== wasOf(form, element) || element.value === value) continue;
    element.value = value;
    isChosen = true;
  }
  return { isChanged: differs || isOther || isChosen, files: found.files ?? [] };
}
