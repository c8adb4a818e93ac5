import { _, ngettext } from "./texts.js";

// The composer's article search: a combobox whose choice is written into the reply where the cursor was.
const picker = document.querySelector("[data-article-picker]");

if (picker) {
  const form = picker.closest("form");
  const body = form.querySelector("[data-composer-body]");
  const input = picker.querySelector("[data-picker-input]");
  const list = picker.querySelector("[data-picker-list]");
  const status = picker.querySelector("[data-picker-status]");
  const linked = form.querySelector("[data-linked]");
  let at = -1, timer = 0, pending = null;

  picker.querySelector("[data-picker-button]").hidden = true;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const options = () => [...list.children];
  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const mark = (index) => {
    options().forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    at = index;
    if (index >= 0) { input.setAttribute("aria-activedescendant", options()[index].id); options()[index].scrollIntoView({ block: "nearest" }); }
  };

  async function search() {
    pending?.abort();
    const words = input.value.trim();
    if (!words) { list.replaceChildren(); status.textContent = ""; close(); return; }
    pending = new AbortController();
    try {
      const answer = await fetch(`/desk/articles?q=${encodeURIComponent(words)}`, { signal: pending.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (input.value.trim() !== words) return;
      list.innerHTML = text;
      const count = options().length;
      status.textContent = count ? ngettext("%(num)s article. Use the arrow keys to move and Enter to insert.", "%(num)s articles. Use the arrow keys to move and Enter to insert.", count) : _("No articles found");
      list.hidden = !count;
      input.setAttribute("aria-expanded", String(count > 0));
      mark(count ? 0 : -1);
    } catch (error) {
      if (error.name !== "AbortError") { status.textContent = _("Articles could not be searched. Try again."); close(); }
    }
  }

  function insert(option) {
    const { slug, title, url } = option.dataset;
    const start = body.selectionStart, before = body.value.slice(0, start), after = body.value.slice(body.selectionEnd);
    const text = `${before && !before.endsWith("\n") ? "\n\n" : ""}${title}\n${url}\n`;
    body.value = before + text + after;
    if (!linked.querySelector(`[value="${CSS.escape(slug)}"]`)) {
      const item = document.createElement("li"), label = document.createElement("label"), box = document.createElement("input"), words = document.createElement("span");
      label.className = "choice";
      Object.assign(box, { type: "checkbox", name: "article", value: slug, checked: true });
      words.textContent = title;
      words.dir = "auto";
      label.append(box, words);
      item.append(label);
      linked.append(item);
    }
    input.value = "";
    list.replaceChildren();
    status.textContent = _("“%(title)s” was inserted.", { title });
    close();
    body.focus();
    body.selectionStart = body.selectionEnd = start + text.length;
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "Enter") { event.preventDefault(); if (!list.hidden && at >= 0) insert(options()[at]); }
    else if (event.key === "ArrowDown" && count) { event.preventDefault(); list.hidden = false; mark((at + 1) % count); }
    else if (event.key === "ArrowUp" && count) { event.preventDefault(); mark((at - 1 + count) % count); }
    else if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
  });
  list.addEventListener("pointerdown", (event) => { const option = event.target.closest("[role=option]"); if (option) { event.preventDefault(); insert(option); } });
  picker.addEventListener("toggle", () => { if (picker.open) input.focus(); });
}
