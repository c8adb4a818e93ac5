"""What `deskbook doctor` says of the data folder and of the folders in it. Nothing is created or changed: others may be looking on."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from kb.config import Settings
from kb.site.cli.diagnosis.finding import Finding

LEAST_FREE_MB = 500
FOLDERS = {"attachments": "files that people attach", "mail": "emails, while DESKBOOK_SMTP_URL is not set"}


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether Deskbook can write to its folder, and how much room there is."""
    folder = settings.data.absolute()
    if problem := _problem(folder):
        yield Finding("data", False, f"{problem} (DESKBOOK_DATA)")
        return
    if not folder.exists():
        yield Finding("data", True, f"{folder} will be created at the first start")
        return
    yield _room(folder, "data")


def folders_in_it(settings: Settings) -> Iterator[Finding]:
    """Whether files and mails can be stored; says nothing of folders that are as they should be."""
    if _problem(settings.data.absolute()) or not settings.data.exists():
        return  # said already
    for name, what in FOLDERS.items():
        folder = settings.data.absolute() / name
        if name == "mail" and settings.smtp_url.get_secret_value():
            continue
        if problem := _problem(folder):
            yield Finding(name, False, f"{problem}: {what} cannot be stored")
        elif folder.exists() and os.stat(folder).st_dev != os.stat(settings.data).st_dev:
            yield _room(folder, name)


def _problem(folder: Path) -> str:
    """Return why nothing can be stored in the folder, which need not exist yet; empty when all is well."""
    try:
        mode = os.stat(folder).st_mode
    except FileNotFoundError:
        if folder.is_symlink():
            return f"{folder} is a link to {os.readlink(folder)}, which does not exist: create that folder, or remove the link"
        return _problem_above(folder)
    except NotADirectoryError:
        return f"a part of the path {folder} is a file, not a folder"
    except OSError as error:
        return f"{folder} cannot be looked into: {error.strerror}"
    if not stat.S_ISDIR(mode):
        return f"{folder} is a file, not a folder: move it away"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"this user cannot write to {folder}: change its owner or its rights"
    return ""


def _problem_above(folder: Path) -> str:
    above = next((parent for parent in folder.parents if parent.exists()), folder)
    if above.is_dir() and not os.access(above, os.W_OK | os.X_OK):
        return f"{folder} does not exist, and this user cannot create it in {above}"
    return "" if above.is_dir() else f"{above} is a file, not a folder"


def _room(folder: Path, part: str) -> Finding:
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < LEAST_FREE_MB:
        return Finding(part, False, f"{folder}: only {free_mb:,} MB free, and without room nothing can be stored: free {LEAST_FREE_MB} MB or more")
    return Finding(part, True, f"{folder}, {free_mb:,} MB free")
