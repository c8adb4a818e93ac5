import { _ } from "./texts.js";

// A button beside a link that must not get lost: puts its address on the clipboard.
for (const link of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet compact";
  button.textContent = _("Copy link");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.dataset.copy);
      button.textContent = _("Copied");
    } catch {
      getSelection().selectAllChildren(link);
    }
  });
  link.after(button);
}
