// Files by drop and paste, into the plain file field; what does not fit is said before anything is sent.
function setUp(zone) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector("[data-chosen]");
  const message = zone.querySelector("[data-file-message]");
  let files = [];

  function add(more) {
    const kept = zone.querySelectorAll("[name=kept]:checked").length;
    const complaints = [];
    for (const file of more) {
      const total = files.reduce((sum, one) => sum + one.size, file.size);
      if (!file.size) complaints.push(`“${file.name}” is empty.`);
      else if (file.size > zone.dataset.mostMb * 1e6) complaints.push(`“${file.name}” is larger than ${zone.dataset.mostMb} MB.`);
      else if (files.length + kept >= zone.dataset.most) complaints.push(`“${file.name}” would be one file too many.`);
      else if (total > zone.dataset.mostTotalMb * 1e6) complaints.push(`With “${file.name}” the files together would be larger than ${zone.dataset.mostTotalMb} MB.`);
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
  }

  function line(file, index) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    name.dir = "auto";
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button plain compact";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
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
  zone.closest("form").addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      add([...event.clipboardData.files]);
    }
  });
  zone.querySelector("[data-can-drop]").hidden = false;
}

for (const zone of document.querySelectorAll("[data-file-drop]")) setUp(zone);
