"""The form of an organization: read, and checked."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kb.accounts.models import MAX_ORGANIZATION_NAME_CHARS, Organization
from kb.i18n import gettext as _
from kb.text.cleanup import clean, one_line
from kb.text.email_address import canonical_email
from kb.web.forms import text
from tickets.fields import MAX_TAG_CHARS, MOST_TAGS, parse_tags
from tickets.teams import organization_queries

MAX_NOTES_CHARS, MOST_DOMAINS = 5000, 100
FREE_MAIL = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com", "aol.com", "icloud.com", "me.com"),
        *("mac.com", "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org", "mail.com"),
        *("proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io", "fastmail.com", "zoho.com", "hey.com", "yandex.ru", "yandex.com", "mail.ru"),
        *("qq.com", "163.com", "126.com", "naver.com", "orange.fr", "free.fr", "laposte.net", "libero.it", "bluewin.ch", "btinternet.com", "comcast.net"),
        *("hotmail.co.uk", "hotmail.de", "hotmail.fr", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "outlook.de", "live.de", "yahoo.co.jp", "wp.pl", "o2.pl"),
    )
)
"""Domains where anybody gets an address."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An organization as the form has it."""

    name: str = ""
    domains: str = ""
    notes: str = ""
    tags: str = ""
    shares_requests: bool = False

    @property
    def wanted(self) -> frozenset[str]:
        """The domains typed, in the spelling of stored addresses; what is no domain stays as it is."""
        words = [word.strip("@.").lower() for word in self.domains.replace(",", " ").split()]
        return frozenset((canonical_email(f"a@{word}") or f"@{word}").rpartition("@")[2] for word in words if word)


def read(form: FormData) -> Typed:
    """Return what a posted form holds."""
    notes = clean(text(form, "notes", 2 * MAX_NOTES_CHARS))
    return Typed(one_line(text(form, "name", 300)), one_line(text(form, "domains", 20_000)), notes, one_line(text(form, "tags", 5000)), "shares" in form)


def of(organization: Organization, domains: list[str]) -> Typed:
    """Return a stored organization as its form shows it."""
    return Typed(organization.name, " ".join(domains), organization.notes, " ".join(organization.tags), organization.shares_requests)


def problems(session: Session, typed: Typed, organization_id: int | None) -> dict[str, str]:
    """Return field → what is wrong with it."""
    found = {name: problem for name, problem in (("domains", _domain_problem(session, typed, organization_id)), ("tags", _tag_problem(typed))) if problem}
    if not typed.name:
        return {"name": _("Enter the name of the organization.")} | found
    if len(typed.name) > MAX_ORGANIZATION_NAME_CHARS:
        return {"name": _("Use at most %(most)s characters for the name.", most=MAX_ORGANIZATION_NAME_CHARS)} | found
    if organization_queries.has_name(session, typed.name, organization_id):
        return {"name": _("There is already an organization with this name. Choose another one.")} | found
    if len(typed.notes) > MAX_NOTES_CHARS:
        return {"notes": _("Use at most %(most)s characters for the notes.", most=MAX_NOTES_CHARS)} | found
    return found


def _domain_problem(session: Session, typed: Typed, organization_id: int | None) -> str:
    wanted = sorted(typed.wanted)
    if len(wanted) > MOST_DOMAINS:
        return _("An organization can have at most %(most)s domains.", most=MOST_DOMAINS)
    if wrong := [domain for domain in wanted if "." not in domain or canonical_email(f"a@{domain}") is None]:
        return _("“%(domain)s” is not a domain. Enter the part of email addresses after the @, such as example.com.", domain=wrong[0][:80])
    if free := [domain for domain in wanted if domain in FREE_MAIL]:
        return _("Anyone can get an address at %(domain)s. Add these people one by one instead.", domain=free[0])
    owner = organization_queries.owner_of(session, wanted, organization_id) if wanted else None
    return _("%(domain)s belongs to %(organization)s already.", domain=owner[0], organization=owner[1]) if owner else ""


def _tag_problem(typed: Typed) -> str:
    tags = parse_tags(typed.tags)
    if len(tags) > MOST_TAGS or any(len(tag) > MAX_TAG_CHARS for tag in tags):
        return _("Use at most %(most)s tags of at most %(chars)s characters.", most=MOST_TAGS, chars=MAX_TAG_CHARS)
    return ""
