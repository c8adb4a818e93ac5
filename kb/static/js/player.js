// Videos and embedded pages load when they are asked for, in place of the link that leads to them.
function play(player) {
  const { player: kind, src, title } = player.dataset;
  const media = document.createElement(kind === "video" ? "video" : "iframe");
  if (kind === "video") {
    media.controls = true;
    media.autoplay = true;
  } else {
    media.title = title;
    media.allow = "autoplay; fullscreen; picture-in-picture";
    media.allowFullscreen = true;
    media.referrerPolicy = "strict-origin-when-cross-origin";
  }
  media.src = kind === "iframe" && /youtube-nocookie\.com|player\.vimeo\.com/.test(src) ? `${src}${src.includes("?") ? "&" : "?"}autoplay=1` : src;
  media.tabIndex = 0;
  player.replaceChildren(media);
  media.focus();
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-player] > .player-link");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  play(link.parentElement);
});
