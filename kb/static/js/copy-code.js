import { _ } from "./texts.js";

// A button on every block of code that copies it.
for (const pre of document.querySelectorAll(".prose pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet compact copy-code";
  button.textContent = _("Copy");
  button.setAttribute("aria-label", _("Copy this code"));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent.replace(/\n$/, ""));
      button.textContent = _("Copied");
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = _("Selected");
    }
    setTimeout(() => (button.textContent = _("Copy")), 2000);
  });
  const box = document.createElement("div");
  box.className = "code-box";
  pre.replaceWith(box);
  box.append(pre, button);
}
