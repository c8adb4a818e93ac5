"""List the files of the content folder, and notice changes."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kb.articles.article import Problem
from kb.web.locales import split_name

ASSET_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
"""Files beside articles that are served, by suffix; all others are not."""
_NEVER = frozenset(("node_modules", "__pycache__"))
_OTHER_MARKDOWN = frozenset((".markdown", ".mdown", ".mkd", ".mdx"))
MOST_FILES = 200_000


@dataclass(frozen=True, slots=True)
class File:
    """One file: its path relative to the content folder with `/`, and what tells one state of it from another."""

    path: str
    mtime_ns: int
    size: int
    inode: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path without its last part; empty at the top."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Tree:
    """All files that count, by path, and those refused, with the reason."""

    articles: dict[str, File]
    index_files: dict[str, File]
    """The `_index.md` files, and those of other languages such as `_index.es.md`."""
    assets: dict[str, File]
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    """What the paths of folders that are away or cannot be read begin with; empty text for the content folder itself."""

    def or_as_before(self, before: "Tree") -> "Tree":
        """This tree with the files that were in the unread folders `before`: while a folder is away, nobody deleted its articles."""

        def kept(files: dict[str, File], old: dict[str, File]) -> dict[str, File]:
            return files | {path: file for path, file in old.items() if path.startswith(self.unread)}

        if not self.unread:
            return self
        return replace(
            self, articles=kept(self.articles, before.articles), index_files=kept(self.index_files, before.index_files), assets=kept(self.assets, before.assets)
        )


def walk(root: Path) -> Tree:
    """What lies in the folder now. Hidden files, `node_modules` and names that begin with `_` are passed over; links and devices are refused by name."""
    tree = Tree({}, {}, {})
    problems: list[Problem] = []
    unread: list[str] = []
    for entry, path in _entries(str(root), "", problems, unread):
        suffix = os.path.splitext(path)[1].lower()
        info = entry.stat(follow_symlinks=False)
        file = File(path, info.st_mtime_ns, info.st_size, info.st_ino)
        if entry.name.startswith("_index.") and split_name(entry.name.removesuffix(".md"))[0] == "_index" and suffix == ".md":
            tree.index_files[path] = file
        elif entry.name.startswith("_"):
            continue
        elif suffix == ".md" and file.folder:
            tree.articles[path] = file
        elif suffix in ASSET_TYPES:
            tree.assets[path] = file
        elif suffix == ".md" and entry.name.lower() not in ("readme.md", "contributing.md", "license.md", "changelog.md"):
            problems.append(Problem(path, 1, "is not in a category and is not shown: move it into a folder", is_error=False))
        elif suffix in _OTHER_MARKDOWN:
            problems.append(Problem(path, 1, f"is not shown, for its name ends in {suffix}: rename it to end in .md", is_error=False))
    return Tree(tree.articles, tree.index_files, tree.assets, tuple(problems), tuple(unread))


def _entries(folder: str, prefix: str, problems: list[Problem], unread: list[str]) -> Iterator[tuple[os.DirEntry[str], str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        problems.append(Problem(prefix or ".", 1, f"the folder cannot be read: {error.strerror}"))
        unread.append(prefix)
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _NEVER:
            continue
        path = f"{prefix}{entry.name}"
        if refusal := _refusal(entry):
            problems.append(Problem(_printable(path), 1, refusal))
        elif entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path, f"{path}/", problems, unread)
        else:
            yield entry, path


def _refusal(entry: os.DirEntry[str]) -> str:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
        entry.name.encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8: rename the file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return "is a symbolic link, which is not followed: put the file itself here"
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        return "is neither a file nor a folder: remove it"
    return ""


def _printable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
