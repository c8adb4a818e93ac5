import { _ } from "./texts.js";

// The link beside a heading goes there and puts its address on the clipboard.
addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-copy-link]");
  if (!link) return;
  try {
    await navigator.clipboard.writeText(link.href);
    link.dataset.copied = _("Link copied");
    setTimeout(() => delete link.dataset.copied, 2000);
  } catch {
    // No clipboard: the address bar shows the link.
  }
});
