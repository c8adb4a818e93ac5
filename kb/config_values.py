"""What a setting may be: each function gives its value back in the form that is used, or raises ValueError with what is allowed."""

import json
import re
import zlib
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import idna

from kb.text.characters import is_visible
from kb.text.mailbox import read_mailbox

HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
CONTACT_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@" + HOST.pattern, re.I)
DEFAULT_PORTS = {"http": 80, "https": 443}
MIN_SECRET_CHARS = 32
PLACEHOLDERS = re.compile(r"change[-_ ]?(me|it|this)|secret([-_ ]?key)?|password|insecure|default|example|placeholder", re.I)
LEAST_GUESSES = 10**18
LEAST_COMPRESSED = 24
"""Bytes that 32 characters of chance compress to at least: hexadecimal ones to 33."""
LOGOS = (".svg", ".png", ".jpg", ".jpeg", ".webp")
EMBEDDERS = ("huggingFace", "ollama", "openAi", "rest")


def path(value: Path) -> Path:
    """A path, its `~` meant as the shell means it."""
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError("must be a path; this user has no home folder, or there is no user of this name") from None


def logo(value: Path | None) -> Path | None:
    """An image that is there."""
    if value is None:
        return None
    found = path(value)
    if found.suffix.lower() not in LOGOS:
        raise ValueError("must be an image: .svg, .png, .jpg or .webp")
    if not found.is_file():
        raise ValueError("must be an image file, and there is none at this path")
    return found


def line(value: str) -> str:
    """Words on one line."""
    if not value.isprintable() or not is_visible(value):
        raise ValueError("must be words on one line")
    return value


def colour(value: str) -> str:
    """A colour in six hexadecimal digits."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("must be a colour such as #1f5fbf")
    return value


def locale(value: str) -> str:
    """A language, with or without its region."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError("must be a language such as en, de or pt-BR")
    return value


def index_name(value: str) -> str:
    """A name Meilisearch takes for an index."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", value):
        raise ValueError("must be letters, digits, - and _, at most 60")
    return value


def site(value: str) -> str:
    """The address of a whole host as browsers send it, without a trailing slash: the product has no way to live below a path."""
    address = server(value)
    parts = urlsplit(address)
    if parts.path or parts.query or parts.fragment or parts.username is not None or address.endswith(("?", "#")):
        raise ValueError("must be scheme and host alone, such as https://help.example.com; a path below it is not possible")
    if not address:
        return ""
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{_host(parts.netloc)}{port}"


def server(value: str) -> str:
    """The address of an HTTP server, without a trailing slash."""
    if value and not _has_host(value, "http", "https"):
        raise ValueError("must be an address such as https://help.example.com")
    return value.rstrip("/")


def embedder(value: str) -> str:
    """Settings of an embedder of Meilisearch, as JSON."""
    if not value:
        return value
    try:
        chosen = json.loads(value)
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from None
    if not isinstance(chosen, dict) or chosen.get("source") not in EMBEDDERS:
        raise ValueError('must be a JSON object whose "source" is huggingFace, ollama, openAi or rest')
    return value


def secret(value: str) -> str:
    """A key that cannot be guessed."""
    if not value:
        return value
    how = "leave it empty to have one made, or take the output of: openssl rand -base64 48"
    if len(value) < MIN_SECRET_CHARS:
        raise ValueError(f"must have at least {MIN_SECRET_CHARS} characters; {how}")
    if _is_guessable(value):
        raise ValueError(f"can be guessed, because it repeats itself, is a sequence, or is made of common words; {how}")
    return value


def database(value: str) -> str:
    """The address of a database this product speaks with, its driver installed."""
    if not value:
        return value
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("must be like postgresql://user:password@host:5432/name, special characters of the password as percent codes") from None
    if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
        raise ValueError("must name a file: sqlite:////var/lib/deskbook/deskbook.sqlite")
    if address.get_backend_name() == "postgresql" and find_spec("psycopg") is None:
        raise ValueError("needs the package psycopg: pip install 'deskbook[postgres]'")
    return value


def mail_server(value: str) -> str:
    """The address of an SMTP server."""
    if value and not _has_host(value, "smtp", "smtps"):
        raise ValueError("must be like smtp://user:password@host:587 or smtps://…:465, special characters of the password as percent codes")
    return value


def sender(value: str) -> str:
    """One address, with or without the name before it."""
    if value and not read_mailbox(value):
        raise ValueError("must be one address, with plain letters before the @: support@example.com, or Acme Help <support@example.com>")
    return value


def contacts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Where to write to, as URIs; a bare email address becomes a `mailto:`."""
    return tuple(_contact(value) for value in values)


def _contact(value: str) -> str:
    address = value.removeprefix("mailto:")
    if CONTACT_ADDRESS.fullmatch(address):
        return f"mailto:{address}"
    is_plain = value.isascii() and value.isprintable() and " " not in value
    if is_plain and (_has_host(value, "https") or re.fullmatch(r"tel:\+[0-9-]{5,20}", value)):
        return value
    raise ValueError("must be email addresses, addresses of pages that begin with https://, or tel: with a number")


def proxies(values: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses and networks: a name would never be met, and a visitor would be taken for the proxy."""
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise ValueError(f"must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8; {value} is neither") from None
    return values


def hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Names of hosts as browsers send them; no scheme, no port, no star."""
    return tuple(_one_host(value) for value in values)


def _one_host(value: str) -> str:
    if _is_ip_address(value):
        return value.lower()
    try:
        name = "" if re.search("[:/@?#]", value) else _host(value)
    except ValueError:
        name = ""
    if not HOST.fullmatch(name):
        raise ValueError(f"must be names of hosts, such as help.example.com, without scheme and port; {value} is none")
    return name


def _host(netloc: str) -> str:
    """The name in `netloc` in lower case, an internationalised one as it is sent: münchen.example as xn--mnchen-3ya.example."""
    if netloc.startswith("["):
        return netloc.partition("]")[0].lower() + "]"
    name = netloc.partition(":")[0].rstrip(".")
    if name.isascii():
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
            raise ValueError(f"must name a host, such as help.example.com; {name} is none")
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"must name a host that browsers know; {name} is none: {error}") from None


def _is_guessable(key: str) -> bool:
    """Whether a key of 32 characters or more is found in fewer than LEAST_GUESSES guesses, or repeats itself or steps through the alphabet."""
    from zxcvbn import zxcvbn

    if len(zlib.compress(key.encode(), 9, wbits=-15)) < LEAST_COMPRESSED:
        return True
    steps = sum(abs(ord(one) - ord(other)) <= 1 for one, other in pairwise(key))
    if steps > len(key) / 2:
        return True
    rest = PLACEHOLDERS.sub("", key)
    return len(rest) < 8 or zxcvbn(rest[:72])["guesses"] < LEAST_GUESSES


def _has_host(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        labels = (parts.hostname or "").removesuffix(".").split(".")
        return parts.scheme in schemes and all(0 < len(label) < 64 for label in labels) and parts.port != 0
    except ValueError:  # a bracket left open, a port that is none
        return False


def _is_ip_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True
