"""The settings as people read them: the manual's table, and values with their secrets masked."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from kb.config import Settings
from kb.config_sources import PREFIX
from kb.server_limits import ServerLimits

MASK = "********"
FACTORY_DEFAULTS = {"content": "the manual that comes with Deskbook"}


def as_markdown() -> str:
    """The tables of all settings: variable, what it does, what is allowed, default; the limits of the server in one of their own."""
    head = ["| Variable | What it does | Allowed | Default |", "|---|---|---|---|"]
    rows = {name: _row(name, field) for name, field in Settings.model_fields.items()}
    limits = [rows.pop(name) for name in ServerLimits.model_fields]
    return "\n".join([*head, *rows.values(), "", "## Limits of the server", "", *head, *limits])


def shown(value: Any) -> Any:
    """`value` fit for print: secrets masked, the rest as JSON knows it."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def is_secret(name: str) -> bool:
    """Whether the setting is masked, and has the form `_FILE`."""
    return Settings.model_fields[name].annotation is SecretStr


def _row(name: str, field: FieldInfo) -> str:
    variable = f"`{PREFIX}{name.upper()}`" + (" (or `…_FILE`)" if is_secret(name) else "")
    return f"| {variable} | {(field.description or '').replace('|', chr(92) + '|')} | {_allowed(field)} | {_default(name, field)} |"


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    if str(field.annotation).startswith("tuple"):
        return "a list, separated by commas"
    limits = {type(limit).__name__: limit for limit in field.metadata}
    low, high = _bound(limits, "Ge", "ge"), _bound(limits, "Le", "le")
    above = _bound(limits, "Gt", "gt")
    if above is not None:
        return f"above {above}, at most {high}" if high is not None else f"above {above}"
    if low is not None:
        return f"{low} to {high}" if high is not None else f"{low} or more"
    kinds: dict[Any, str] = {int: "a whole number", float: "a number", Path: "a path", Path | None: "a path"}
    return kinds.get(field.annotation, "text")


def _bound(limits: dict[str, Any], kind: str, attribute: str) -> Any:
    return getattr(limits[kind], attribute) if kind in limits else None


def _default(name: str, field: FieldInfo) -> str:
    if name in FACTORY_DEFAULTS:
        return FACTORY_DEFAULTS[name]
    value = shown(field.get_default(call_default_factory=True))
    if value in (None, "", []):
        return "empty"
    return f"`{', '.join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value}`"
