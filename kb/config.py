"""The settings: `DESKBOOK_*` variables over `deskbook.toml` over defaults. The only module that reads the environment."""

import difflib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, ValidationError

from kb import config_sources, config_values
from kb.bounded_file import read_small_file
from kb.config_sources import PREFIX, SECRET_KB, Chosen, reason
from kb.config_sources import SettingsError as SettingsError
from kb.server_limits import ServerLimits

SHIPPED = Path(__file__).parent / "_shipped"
CHECKOUT = Path(__file__).parent.parent


def shipped(name: str) -> Path:
    """The folder `content` or `templates`: beside the packages in a checkout, inside `kb` once installed."""
    installed = SHIPPED / name
    return installed if installed.is_dir() else CHECKOUT / name


def _inside(allow: Callable[[str], str]) -> Callable[[SecretStr], SecretStr]:
    return lambda value: SecretStr(allow(value.get_secret_value()))


class Settings(ServerLimits):
    """Everything an operator can choose. The description of each field is its row in the manual's table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Annotated[Path, AfterValidator(config_values.path)] = Field(
        default_factory=lambda: shipped("content"), description="Folder with the articles: category/section/article.md."
    )
    data: Annotated[Path, AfterValidator(config_values.path)] = Field(
        Path("var"), description="Folder Deskbook writes to: SQLite files, keys, attachments, unsent mail."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on. 0: any free port.")
    base_url: Annotated[str, AfterValidator(config_values.site)] = Field(
        "", description="Public address of the site, used in links in emails and feeds. Empty: `http://host:port`."
    )
    secret_key: Annotated[SecretStr, AfterValidator(_inside(config_values.secret))] = Field(
        SecretStr(""), description="Signs forms and links; at least 32 characters. Empty: Deskbook creates one and keeps it in the data folder."
    )
    database_url: Annotated[SecretStr, AfterValidator(_inside(config_values.database))] = Field(
        SecretStr(""), description="`sqlite:///path` or `postgresql://user:password@host/name`. Empty: SQLite in the data folder."
    )
    database_pool: int = Field(40, ge=1, le=200, description="Most database connections of one process.")
    meilisearch_url: Annotated[str, AfterValidator(config_values.server)] = Field(
        "", description="Address of a Meilisearch server. Empty: the embedded engine."
    )
    meilisearch_key: SecretStr = Field(SecretStr(""), description="Meilisearch key that can only search. Empty with an index key set: the index key.")
    meilisearch_index_key: SecretStr = Field(SecretStr(""), description="Meilisearch key that can also write indexes. Empty: `meilisearch_key`.")
    meilisearch_index: Annotated[str, AfterValidator(config_values.index_name)] = Field("deskbook", description="Name of the index in Meilisearch.")
    meilisearch_embedder: Annotated[str, AfterValidator(config_values.embedder)] = Field(
        "",
        description="Meilisearch embedder for settled searches: JSON with its `source` (huggingFace, ollama, openAi or rest). Empty: words only.",
    )
    word_vectors: bool = Field(
        True, description="Let words find articles that say nearly the same in other words, by the table of word meanings that ships with Deskbook."
    )
    embeddings_url: Annotated[str, AfterValidator(config_values.server)] = Field(
        "", description="OpenAI-compatible address (ending in `/embeddings`) that enables semantic search in the embedded engine. Empty: words only."
    )
    embeddings_model: str = Field("", description="Model to use at `embeddings_url`.")
    embeddings_key: SecretStr = Field(SecretStr(""), description="Key for `embeddings_url`, if it needs one.")
    search_timeout_s: float = Field(1.0, gt=0, le=30, description="Seconds to wait for Meilisearch before the embedded engine answers.")
    answer_threshold: float = Field(0.6, ge=0, le=1, description="Confidence from which a search counts as answered, 0 to 1.")
    site_name: Annotated[str, AfterValidator(config_values.line)] = Field(
        "Deskbook", min_length=1, max_length=80, description="Name of the help centre in the header, page titles and emails."
    )
    accent: Annotated[str, AfterValidator(config_values.colour)] = Field("#1f5fbf", description="Accent colour as `#rrggbb`.")
    logo: Annotated[Path | None, AfterValidator(config_values.logo)] = Field(
        None, description="Image file for the header (SVG, PNG, JPEG or WebP). Empty: the site's name."
    )
    locale: Annotated[str, AfterValidator(config_values.locale)] = Field(
        "en", description="Language of the site: of articles without another one, and of pages and emails for which nobody chose one."
    )
    history_timeout_s: float = Field(
        20.0, gt=0, le=3600, description="Seconds to read the content's git history. After that, older articles show the dates of their files."
    )
    history_object_max_mb: int = Field(
        8,
        ge=1,
        le=1000,
        description="Largest commit or folder in the content's git history that is read, in MB. History before a larger one is not read.",
    )
    iframe_hosts: Annotated[tuple[str, ...], AfterValidator(config_values.hosts)] = Field(
        ("www.youtube.com", "www.youtube-nocookie.com", "youtube.com", "player.vimeo.com"),
        description="Hosts that articles may embed. Their players load when clicked; other iframes become links.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_inside(config_values.mail_server))] = Field(
        SecretStr(""), description="`smtp://user:password@host:587` (STARTTLS when offered), `smtps://…:465`. Empty: emails are files in the data folder."
    )
    smtp_timeout_s: float = Field(30.0, gt=0, le=300, description="Seconds to wait for each answer from the mail server.")
    smtp_deadline_s: float = Field(120.0, gt=0, le=140, description="Seconds that sending one email may take in total.")
    smtp_answer_max_kb: int = Field(64, ge=1, le=10_000, description="Longest answer from the mail server, in KB. A longer one ends the attempt.")
    mail_from: Annotated[str, AfterValidator(config_values.sender)] = Field(
        "", description="Sender of all emails, `Name <address>`. Empty: `support@` and the host of the base URL."
    )
    worker: bool = Field(True, description="Run the worker (mail, Meilisearch index, cleaning) inside `serve`. Off when `deskbook worker` runs beside it.")
    trusted_proxies: Annotated[tuple[str, ...], AfterValidator(config_values.proxies)] = Field(
        (), description="Addresses and networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted."
    )
    allowed_hosts: Annotated[tuple[str, ...], AfterValidator(config_values.hosts)] = Field(
        (), description="More host names that the site answers to, in addition to the base URL's and the listening address."
    )
    searches_per_minute: int = Field(
        600,
        ge=1,
        description="Most searches from one address in a minute, and ten times as many while typing. Each process counts its own; this machine is not limited.",
    )
    requests_per_hour: int = Field(20, ge=1, description="Requests that one address can send in an hour. Further ones are held for review.")
    attachment_max_mb: int = Field(10, ge=1, le=100, description="Largest attachment, in MB.")
    attachments_total_mb: int = Field(25, ge=1, le=1000, description="Largest total of the attachments of one message, in MB. Keep `body_max_mb` above it.")
    attachments_max: int = Field(10, ge=0, le=50, description="Most attachments of one message.")
    desk_soon_hours: float = Field(8.0, gt=0, le=8760, description="Hours without an answer after which the desk's lists mark a requester's wait in yellow.")
    desk_late_hours: float = Field(24.0, gt=0, le=8760, description="Hours without an answer after which the desk's lists mark a requester's wait in red.")
    draft_days: int = Field(30, ge=1, le=400, description="Days to keep an agent's unsent reply as a draft, with its files.")
    draft_max_kb: int = Field(400, ge=10, le=1000, description="Largest draft saved for an agent, in KB. A larger one stays in the open page only.")
    event_retention_days: int = Field(400, ge=8, description="Days to keep the events behind the deflection report.")
    remembered_requests: int = Field(10, ge=0, le=30, description="Requests sent without an account that a browser remembers for **My requests**. 0: none.")
    remembered_requests_days: int = Field(90, ge=1, le=400, description="Days that a browser remembers those requests.")
    security_contact: Annotated[tuple[str, ...], AfterValidator(config_values.contacts)] = Field(
        (), description="Where to report a security problem: email addresses or `https://` pages, served as `/.well-known/security.txt`. Empty: no such file."
    )
    record_events: bool = Field(True, description="Record what visitors search and read, for the deflection report. No IP address is stored.")
    sign_ins_per_hour: int = Field(20, ge=1, description="Sign-in attempts from one address in an hour, by password or by asking for a link.")
    password_tries_per_day: int = Field(20, ge=1, description="Password attempts for one account in a day.")
    links_per_hour: int = Field(3, ge=1, description="Sign-in links sent to one email address in an hour.")
    codes_per_hour: int = Field(10, ge=1, description="Codes of the second factor tried for one account in an hour.")
    staff_two_factor: bool = Field(False, description="Whether everybody who uses the desk must sign in with a second factor.")
    fresh_sign_in_minutes: int = Field(
        60,
        ge=1,
        description="Minutes after a sign-in before changing a password, an address, people or keys asks for a new one.",
    )
    invitation_hours: int = Field(24, ge=1, le=720, description="Hours that the link in an invitation works.")
    audit_retention_days: int = Field(400, ge=30, description="Days to keep the audit log.")
    audit_failures_per_hour: int = Field(
        200, ge=1, description="Failed sign-ins that the audit log lists in an hour. Further ones are only counted, so that a flood can't fill the database."
    )
    audit_network: Literal["none", "short", "full"] = Field(
        "short", description="What the audit log keeps of the address a sign-in came from: nothing, its network (`/24`, or `/48` for IPv6), or all of it."
    )
    events_per_visitor_hour: int = Field(300, ge=1, description="Most events recorded for one visitor in an hour. Further ones are dropped and counted.")
    events_per_address_hour: int = Field(5000, ge=1, description="Most events recorded from one network address in an hour. Many offices share one.")
    answers_per_address_day: int = Field(
        500, ge=1, description="Most forms opened, votes and “this solved it” recorded from one network address in a day. The report's figures depend on them."
    )
    events_per_day: int = Field(500_000, ge=1, description="Most events recorded in a day, all visitors together.")
    events_max: int = Field(
        50_000_000,
        ge=1,
        description="Most events kept in total. 1,000,000 take about 0.5 GB. When the limit is reached, nothing is recorded until old days are deleted.",
    )
    report_wait_s: float = Field(0.5, gt=0, le=60, description="Seconds that the report page spends counting new days before it shows what it has.")
    report_events_at_once: int = Field(
        5000, ge=0, description="Most events that opening the report counts itself. Busier days are counted by the worker, and the page says that they are."
    )
    report_reuse_minutes: int = Field(
        75,
        ge=0,
        description="Age in minutes up to which the report reuses today's and yesterday's figures if counting them is slow. The worker counts them every hour.",
    )
    cost_per_ticket: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="Cost of answering one ticket, to show savings in the report. 0: no savings are shown."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe message that is logged.")

    @property
    def public_url(self) -> str:
        """The address put before every link that leaves the site, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = "localhost" if self.host in ("0.0.0.0", "::") else host  # noqa: S104 (every address of this machine: no link leads to that)
        return self.base_url or f"http://{host}:{self.port}"

    @property
    def sends_mail(self) -> bool:
        """Whether emails leave the site; without a mail server they are files in the data folder."""
        return bool(self.smtp_url.get_secret_value())

    @property
    def attachment_mb(self) -> int:
        """The largest attachment that fits a message, in MB."""
        return min(self.attachment_max_mb, self.attachments_total_mb)

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database."""
        return self.database_url.get_secret_value() or f"sqlite:///{(self.data / 'deskbook.sqlite').absolute()}"


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings in force. `overrides` (from the command line) win; raises SettingsError."""
    chosen = config_sources.chosen(os.environ if environ is None else environ, Settings.model_fields)
    chosen |= {name: Chosen(value, f"--{name.replace('_', '-')}") for name, value in overrides.items() if value is not None}
    _refuse_unknown(chosen)
    try:
        return Settings.model_validate({name: _as_list(name, choice.value) for name, choice in chosen.items()})
    except ValidationError as error:
        raise SettingsError([_explain(problem, chosen) for problem in error.errors()]) from None


def sources(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Where each setting that is not a default comes from: name → the file or the variable."""
    return {name: choice.source for name, choice in config_sources.chosen(os.environ if environ is None else environ, Settings.model_fields).items()}


def is_colour_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a terminal may be written to in colours (https://no-color.org)."""
    return not (os.environ if environ is None else environ).get("NO_COLOR")


def secret_key(settings: Settings) -> str:
    """Return the configured key, else the one kept in the data folder, made on first use (readable by its owner only).

    Raises SettingsError for a kept key that is not whole, or cannot be stored.
    """
    if configured := settings.secret_key.get_secret_value():
        return configured
    path = settings.data / "secret_key"
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret_key(path)
        kept = read_small_file(path, SECRET_KB).decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise SettingsError([f"{path} cannot be read or made: {reason(error)}. Restore it from a backup, or set DESKBOOK_SECRET_KEY."]) from error
    if len(kept) < config_values.MIN_SECRET_CHARS:
        raise SettingsError([f"{path} holds no whole key. Restore it from a backup; or delete it, and a new one is made, which ends links and sign-ins."])
    return kept


def _make_secret_key(path: Path) -> None:
    """Store a new key; of several processes that start at once one makes it, and it appears whole or not at all."""
    descriptor, half = tempfile.mkstemp(prefix="secret_key-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(half, path)
    except OSError:
        if path.exists():
            raise
        os.replace(half, path)  # a file system without hard links
    finally:
        Path(half).unlink(missing_ok=True)


def _refuse_unknown(chosen: Mapping[str, Chosen]) -> None:
    problems = []
    for name, choice in chosen.items():
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f" Did you mean {PREFIX}{near[0].upper()}?" if near else ""
            problems.append(f"{choice.source}: this setting does not exist.{hint} `deskbook config` lists them all.")
    if problems:
        raise SettingsError(problems)


def _as_list(name: str, value: Any) -> Any:
    is_list = str(Settings.model_fields[name].annotation).startswith("tuple")
    if is_list and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _explain(problem: Any, chosen: Mapping[str, Chosen]) -> str:
    name = str(problem["loc"][0])
    source = chosen[name].source if name in chosen else PREFIX + name.upper()
    is_secret = Settings.model_fields[name].annotation is SecretStr
    given = "" if is_secret or name not in chosen else f" (it is {chosen[name].value!r})"
    return f"{source}: {_plain(problem['msg'])}{given}"


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ").replace("should", "must")
    return message.split(", unable to")[0]
