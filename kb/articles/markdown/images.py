"""Images in an article: their size, and what is shown where an image cannot be."""

import re
from dataclasses import dataclass
from html import escape

from kb.articles.markdown.media import host_of


@dataclass(frozen=True, slots=True)
class ImageUse:
    """An image as written; `alt` is None where the writer gave none."""

    src: str
    url: str | None
    width: int
    height: int
    alt: str | None
    problem: str = ""


def shown(image: ImageUse, given: dict[str, str], kept: str) -> str:
    """The image in the size that the attributes `given` ask for; `kept` is those of them that stay."""
    width, height = _shown_size(given, image.width, image.height)
    size = f' width="{width}" height="{height}"' if width and height else ""
    return f'<img src="{escape(image.url or "")}" alt="{escape(image.alt or "")}"{size} loading="lazy" decoding="async"{kept}>'


def instead(src: str, alt: str) -> str:
    """What stands for an image that is missing or lies elsewhere: a link, or its description."""
    if not src.lower().startswith(("http://", "https://")):
        return f'<span class="image-missing">{escape(alt)}</span>' if alt else ""
    if not alt and re.search(r"\.svg($|[?#])", src, re.IGNORECASE):
        return ""  # A nameless drawing from elsewhere is an ornament.
    label = alt or f"Image on {host_of(src)}"
    return f'<a class="image-remote" href="{escape(src)}" rel="noopener noreferrer">{escape(label)}</a>'


def _shown_size(given: dict[str, str], width: int, height: int) -> tuple[int, int]:
    """The size a writer asked for, in the image's own proportions; the image's own size when none was asked for."""
    wanted = {side: _pixels(given, side) for side in ("width", "height")}
    if wanted["width"] and wanted["height"]:
        return wanted["width"], wanted["height"]
    if wanted["width"] and width:
        return wanted["width"], max(1, round(height * wanted["width"] / width))
    if wanted["height"] and height:
        return max(1, round(width * wanted["height"] / height)), wanted["height"]
    return width, height


def _pixels(given: dict[str, str], side: str) -> int:
    styled = re.search(rf"(?:^|;)\s*{side}\s*:\s*(\d{{1,4}})px", given.get("style", ""))
    plain = re.fullmatch(r"(\d{1,4})(?:px)?", given.get(side, ""))
    return int(styled[1]) if styled else int(plain[1]) if plain else 0
