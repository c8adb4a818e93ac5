"""Languages of articles: their tags, and their names as their readers write them."""

import re

NAMES = {
    "ar": "العربية", "bg": "Български", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "es": "Español",
    "et": "Eesti", "eu": "Euskara", "fa": "فارسی", "fi": "Suomi", "fr": "Français", "ga": "Gaeilge", "gl": "Galego", "he": "עברית", "hi": "हिन्दी",
    "hr": "Hrvatski", "hu": "Magyar", "id": "Bahasa Indonesia", "is": "Íslenska", "it": "Italiano", "ja": "日本語", "ko": "한국어", "lt": "Lietuvių",
    "lv": "Latviešu", "ms": "Bahasa Melayu", "nb": "Norsk bokmål", "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română",
    "ru": "Русский", "sk": "Slovenčina", "sl": "Slovenščina", "sr": "Српски", "sv": "Svenska", "th": "ไทย", "tr": "Türkçe", "uk": "Українська",
    "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip
_REGIONS = {
    "zh-cn": "简体中文",
    "zh-hans": "简体中文",
    "zh-tw": "繁體中文",
    "zh-hant": "繁體中文",
    "pt-br": "Português (Brasil)",
    "pt-pt": "Português (Portugal)",
}
PATTERN = f"(?:{'|'.join(NAMES)})(?:-[a-z0-9]{{2,8}})?"
"""A tag, in lower case, that may stand in an address or a file's name: a language of NAMES with or without a region."""
_SUFFIX = re.compile(rf"(.+)\.({PATTERN})", re.IGNORECASE | re.DOTALL)
_RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))


def name_of(locale: str) -> str:
    """The language's own name: `Deutsch`, `Português (Brasil)`, `English (GB)`; the tag when it is not known."""
    locale = locale.lower()
    language, _, region = locale.partition("-")
    if locale in _REGIONS:
        return _REGIONS[locale]
    name = NAMES.get(language, locale)
    return f"{name} ({region.upper()})" if region else name


def direction(locale: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` says it."""
    return "rtl" if locale.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def split_name(stem: str) -> tuple[str, str]:
    """A file's name without its ending as name and locale: `reset.pt-BR` is `reset` in `pt-br`; the locale is empty where there is none."""
    found = _SUFFIX.fullmatch(stem)
    return (found[1], found[2].lower()) if found else (stem, "")
