"""A browser in words, such as “Firefox on Windows”, from what it says of itself."""

from kb.i18n import gettext as _

UNKNOWN = "Unknown browser"
BROWSERS = (
    # The first that fits counts: most browsers also claim to be the ones below them.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def shown_name(name: str) -> str:
    """Return a stored name in the language in use."""
    browser, _on, system = name.partition(" on ")
    if not browser or browser == UNKNOWN:
        browser = _("Unknown browser")
    return _("%(browser)s on %(system)s", browser=browser, system=system) if system else browser


def browser_name(user_agent: str) -> str:
    """Return the browser and its system in English, as it is stored; “Unknown browser” when neither is recognised. No word comes from the header itself."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser or UNKNOWN} on {system}" if system else browser or UNKNOWN
