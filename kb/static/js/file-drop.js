import { _, ngettext } from "./texts.js";

const CHOSEN = "deskbook-chosen-files:";

// Files by drop and paste, into the plain file field; what does not fit is said before anything is sent.
function setUp(zone) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector("[data-chosen]");
  const message = zone.querySelector("[data-file-message]");
  const form = zone.closest("form");
  const key = `${CHOSEN}${form.getAttribute("action")}`;
  let files = [];

  // A page cannot fill a file field, so after Back or a reload the files are gone. Their names are kept to say which.
  const remember = () => { try { files.length ? sessionStorage.setItem(key, JSON.stringify(files.map((file) => file.name))) : sessionStorage.removeItem(key); } catch { /* nothing is said then */ } };
  function lost() {
    try { return JSON.parse(sessionStorage.getItem(key) ?? "[]"); } catch { return []; }
  }

  function restore() {
    if (files.length) return;
    if (input.files.length) { add([...input.files]); return; }
    const names = lost();
    if (!names.length) return;
    message.textContent = ngettext("Choose this file again, your browser could not keep it: %(names)s", "Choose these files again, your browser could not keep them: %(names)s", names.length, { names: names.join(", ") });
    message.hidden = false;
  }

  function add(more) {
    const kept = zone.querySelectorAll("[name=kept]:checked").length;
    const complaints = [];
    for (const file of more) {
      const total = files.reduce((sum, one) => sum + one.size, file.size);
      if (!file.size) complaints.push(_("“%(name)s” is empty.", file));
      else if (file.size > zone.dataset.mostMb * 1e6) complaints.push(_("“%(name)s” is larger than %(most)s MB.", { name: file.name, most: zone.dataset.mostMb }));
      else if (files.length + kept >= zone.dataset.most) complaints.push(_("“%(name)s” would be one file too many.", file));
      else if (total > zone.dataset.mostTotalMb * 1e6) complaints.push(_("With “%(name)s” the files would be larger than %(most)s MB in total.", { name: file.name, most: zone.dataset.mostTotalMb }));
      else files.push(file);
    }
    message.textContent = complaints.join(" ");
    message.hidden = !complaints.length;
    put();
  }

  function put() {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    chosen.replaceChildren(...files.map(line));
    chosen.hidden = !files.length;
    remember();
  }

  function line(file, index) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    name.dir = "auto";
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button plain compact";
    remove.textContent = _("Remove");
    remove.setAttribute("aria-label", _("Remove %(name)s", file));
    remove.addEventListener("click", () => {
      files.splice(index, 1);
      put();
      (chosen.querySelector("button") ?? input).focus();
    });
    item.append(name, remove);
    return item;
  }

  input.addEventListener("change", () => add([...input.files]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-dropping");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-dropping"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-dropping");
    add([...event.dataTransfer.files]);
  });
  form.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      add([...event.clipboardData.files]);
    }
  });
  zone.querySelector("[data-can-drop]").hidden = false;
  // Sent, or kept on the server: nothing is lost.
  if (new URLSearchParams(location.search).has("replied") || zone.querySelector(".kept-files")) remember();
  addEventListener("pageshow", restore);
}

for (const zone of document.querySelectorAll("[data-file-drop]")) setUp(zone);
