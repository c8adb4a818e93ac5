"""The operator's own colours and logo, as static files."""

from kb.config import Settings, shipped

MIN_CONTRAST = 4.5
LIGHT_RAISED, DARK_RAISED = (238, 240, 243), (29, 32, 37)
"""The surfaces of base.css on which the accent has least contrast."""


def theme_files(settings: Settings) -> dict[str, bytes]:
    """`theme.css` with the accent colour, legible in light and dark, `favicon.svg` in that colour, and the logo if there is one."""
    red, green, blue = (int(settings.accent[i : i + 2], 16) for i in (1, 3, 5))
    light = _toward((red, green, blue), (0, 0, 0), against=LIGHT_RAISED)
    dark = _toward((red, green, blue), (255, 255, 255), against=DARK_RAISED)
    css = f":root {{ --accent-light: {_hex(light)}; --accent-dark: {_hex(dark)}; }}\n"
    mark = (shipped("templates") / "_mark.svg").read_text(encoding="utf-8")
    files = {
        "theme.css": css.encode(),
        "favicon.svg": mark.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace("currentColor", _hex(light)).encode(),
    }
    if settings.logo is not None:
        files["logo" + settings.logo.suffix.lower()] = settings.logo.read_bytes()
    return files


def _toward(colour: tuple[int, ...], end: tuple[int, ...], *, against: tuple[int, ...]) -> tuple[int, ...]:
    """The first mix of `colour` and `end` that text of it can be read by on `against`."""
    for step in range(21):
        mixed = tuple(round(a + (b - a) * step / 20) for a, b in zip(colour, end, strict=True))
        if _contrast(mixed, against) >= MIN_CONTRAST:
            return mixed
    return end


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    red, green, blue = (value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{value:02x}" for value in colour)
