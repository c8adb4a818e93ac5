"""Every declared package is used: by an import, or for a reason that is given here."""

import ast
import re
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
PRODUCT, CHECKS = ("kb", "search", "tickets"), ("tests", ".ci")
NOT_IMPORTED = {
    "uvloop": "uvicorn takes it for its event loop where it is installed",
    "pyspellchecker": "search/text/dictionary.py reads its word lists, none of its code",
    "ruff": "a command of the Makefile",
    "mypy": "a command of the Makefile",
    "pip-audit": "a command of .ci/audit.py",
    "types-pyyaml": "types for mypy",
    "types-pygments": "types for mypy",
    "pytest-xdist": "runs the tests two at a time: PYTEST_ARGS in the Makefile",
    "pytest-timeout": "the setting `timeout` in pyproject.toml",
    "build": "tests/kb/site/test_wheel.py builds the wheel with it",
    "hatchling": "what builds the wheel, without fetching it anew",
}
"""Packages that are used without being imported, and by what."""


def test_every_package_of_the_product_is_used() -> None:
    assert _unused(_of_product(), PRODUCT) == set()


def test_every_package_of_the_checks_is_used() -> None:
    assert _unused(_of_checks(), (*PRODUCT, *CHECKS)) == set()


def test_no_reason_outlives_its_package() -> None:
    assert NOT_IMPORTED.keys() - set(_of_product()) - set(_of_checks()) == set()


def _of_product() -> list[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return [_name(one) for one in [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]]


def _of_checks() -> list[str]:
    return [_name(one) for one in PROJECT["dependency-groups"]["dev"]]


def _unused(names: list[str], folders: tuple[str, ...]) -> set[str]:
    return {name for name in names if name not in NOT_IMPORTED and not _is_imported(name, folders)}


def _is_imported(name: str, folders: tuple[str, ...]) -> bool:
    return bool(_modules().get(name, set()) & _imported(folders))


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found
    return _canonical(found[0])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _modules() -> dict[str, set[str]]:
    """Package → the names it is imported by."""
    modules: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(_canonical(package), set()).add(module)
    return modules


@cache
def _imported(folders: tuple[str, ...]) -> set[str]:
    """The first part of every name imported, wherever in a file."""
    names: set[str] = set()
    for folder in folders:
        for path in (CHECKOUT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {name.name.partition(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names.add((node.module or "").partition(".")[0])
    return names
