"""Where settings come from: deskbook.toml, variables, and files that variables name."""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.bounded_file import UnfitFile, read_small_file
from kb.text.characters import is_utf8

PREFIX = "DESKBOOK_"
CONFIG_VARIABLE = "DESKBOOK_CONFIG"
NOT_SETTINGS = (CONFIG_VARIABLE, "DESKBOOK_CORPORA", "DESKBOOK_GENERATE_MINUTES")
SECRET_KB = 64


class SettingsError(Exception):
    """A setting is unknown or impossible; each of `problems` names one and says what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value and where it comes from, in words."""

    value: Any
    source: str


def chosen(environ: Mapping[str, str], names: Collection[str]) -> dict[str, Chosen]:
    """Return what was chosen for the settings `names`, and for names that are none; raises SettingsError."""
    return _from_file(environ) | _from_environment(environ, names)


def _from_file(environ: Mapping[str, str]) -> dict[str, Chosen]:
    named = environ.get(CONFIG_VARIABLE, "")
    path = Path(named or "deskbook.toml")
    try:
        table = tomllib.loads(read_small_file(path).decode())
    except (FileNotFoundError, NotADirectoryError):
        if named:
            raise SettingsError([f"{CONFIG_VARIABLE}: there is no file {path}"]) from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: is not valid TOML: {error}"]) from None
    except (OSError, UnfitFile) as error:
        raise SettingsError([f"{path}: cannot be read: {reason(error)}"]) from None
    return {name: Chosen(value, f"{path}: {name}") for name, value in table.items()}


def _from_environment(environ: Mapping[str, str], names: Collection[str]) -> dict[str, Chosen]:
    found: dict[str, Chosen] = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        if not is_utf8(variable + value):
            raise SettingsError([f"{os.fsencode(variable).decode('utf-8', 'backslashreplace')}: is not UTF-8"])
        name = variable.removeprefix(PREFIX).lower()
        setting = name.removesuffix("_file")
        if not value and setting in names:
            continue
        if name == setting:
            found[name] = Chosen(value, variable)
        elif setting in found:
            raise SettingsError([f"{variable}: {found[setting].source} is set, too. Keep one of them."])
        else:
            found[setting] = Chosen(_read_secret(variable, value), variable)
    return found


def _read_secret(variable: str, path: str) -> str:
    try:
        secret = read_small_file(Path(path), SECRET_KB).decode().strip()
    except (OSError, ValueError) as error:
        raise SettingsError([f"{variable}: the file {path} cannot be read: {reason(error)}"]) from None
    if not secret:
        raise SettingsError([f"{variable}: the file {path} is empty"])
    return secret


def reason(error: Exception) -> str:
    """Return why a file cannot be read, without its name."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
