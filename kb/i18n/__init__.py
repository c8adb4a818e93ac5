"""Translation of pages and mails: English is the source, `kb/locale` holds the other languages.

In modules: `from kb.i18n import gettext as _`. Variables are keyword arguments: `_("%(name)s is too large.", name=name)`.
"""

from kb.i18n.translate import N_, gettext, ngettext, npgettext, pgettext

__all__ = ["N_", "gettext", "ngettext", "npgettext", "pgettext"]
