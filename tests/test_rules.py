"""The rules of the house that a reader cannot see in one file, kept true by walking all of them."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from kb.articles.catalog.link_resolver import RESERVED

CHECKOUT = Path(__file__).parents[1]
ROOMS = ("kb", "search", "tickets")
INNER_PACKAGES = ("kb/accounts/audit_log", "kb/migrations/versions", "search/engines/meilisearch")
"""Too small for the map in the README."""

# A module may import from its own floor and from those above it in this list. A module that no line names is on the floor of its package.
FLOORS = (
    ("kb.text", "kb.bounded_file"),
    ("kb.config", "kb.config_sources", "kb.config_values", "kb.server_limits", "kb.settings_table"),
    ("kb.i18n",),
    ("kb.db", "kb.dialects", "kb.sqlite", "kb.postgres", "kb.postgres_pipeline"),
    ("kb.rate_limit",),
    ("kb.web",),
    ("kb.events",),
    ("kb.jobs",),
    ("kb.accounts",),
    ("kb.articles.article", "kb.articles.slug"),
    ("kb.articles.markdown",),
    ("kb.articles.source",),
    ("kb.articles.catalog",),
    ("kb.articles.lint",),
    ("kb.articles.pages", "kb.articles"),
    ("search.text",),
    ("search.explanation", "search.engine", "search.documents", "search.circuit_breaker", "search.lru_cache"),
    ("search.index",),
    ("search.query",),
    ("search.ranking",),
    ("search.engines",),
    ("search.writers",),
    ("search",),
    ("tickets.models", "tickets.access", "tickets.fields", "tickets.audit"),
    ("tickets.search",),
    ("tickets",),
    ("tickets.lists",),
    ("tickets.email",),
    ("tickets.requests", "tickets.api"),
    ("tickets.desk", "tickets.teams"),
    ("tickets.deflection.models", "tickets.deflection.queries"),
    ("tickets.deflection.visits",),
    ("tickets.deflection.figures",),
    ("tickets.deflection.days",),
    ("tickets.deflection",),
    ("kb.migrations",),
    ("kb.site", "kb.__main__"),
)

# SQL is written where tables are named. Elsewhere only with a reason.
SQL_MODULES = re.compile(r"(^|/)(models|queries|access|fields)(\.py$|/)|_queries\.py$")
SQL_ELSEWHERE = {
    "kb/db.py": "the foundation itself",
    "kb/events/recorder.py": "stores many rows in one statement, off the request's way",
    "kb/migrations/__init__.py": "takes the lock that keeps a second migration out",
}
# Routes that tests reach by a link they were given, and the tests that do.
FOLLOWED = {
    "/sign-in/link/{token}": "kb/accounts/test_sign_in.py",
}
SQL_WORDS = {"select", "insert", "update", "delete", "text", "func", "and_", "or_", "exists", "union", "case"}


def test_imports_go_down_only() -> None:
    upwards = [
        f"{path}:{line}: imports {imported}"
        for path in _sources()
        for line, imported in _imports(path)
        if imported.partition(".")[0] in ROOMS and imported not in ROOMS[:1] and _floor(imported) > _floor(_module(path))
    ]
    assert upwards == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {imported for _, imported in _imports(path) if imported in _modules()} - {module} for module, path in _modules().items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_every_module_has_a_floor() -> None:
    assert [_module(path) for path in _sources() if _module(path) != "kb" and _floor(_module(path)) < 0] == []


def test_the_map_in_the_readme_names_every_package_from_the_lowest_floor_up() -> None:
    lines = re.search(r"```text\n(kb/text/.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1].splitlines()
    assert len(lines) <= 10
    rows = [[name if (CHECKOUT / name).exists() else names[0] + name for name in names] for names in (line.partition("  ")[0].split() for line in lines)]
    places = {place.removesuffix("/") for row in rows for place in row}
    assert [place for place in places if not (CHECKOUT / place).exists()] == []
    assert {path.rpartition("/")[0] for path in _sources()} - places - {"kb", *INNER_PACKAGES} == set()
    floors = [floor for row in rows for floor in [{_floor(_module(place.removesuffix("/"))) for place in row} - {-1}] if floor]
    assert all(max(below) < min(above) for below, above in pairwise(floors))


def test_the_folders_of_tests_are_those_of_the_code() -> None:
    folders = {test.parent.relative_to(CHECKOUT / "tests") for room in ("articles", *ROOMS) for test in (CHECKOUT / "tests" / room).rglob("test_*.py")}
    packages = [Path("kb", folder) if folder.parts[0] == "articles" else folder for folder in folders]
    assert [str(package) for package in packages if not (CHECKOUT / package / "__init__.py").is_file()] == []


def test_only_the_meilisearch_engine_knows_its_client() -> None:
    importers = {path for path in _sources() for _, imported in _imports(path) if imported.partition(".")[0] == "meilisearch"}
    assert importers == {"search/engines/meilisearch/client.py"}


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        path
        for path in _sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb") and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert readers <= {"kb/config.py"}


def test_nothing_starts_a_program() -> None:
    """What people push, mail and upload is read by libraries; a program would bring its own configuration."""
    modules = (
        "subprocess",
        "pty",
        "asyncio.subprocess",
        "multiprocessing",
        "dulwich.porcelain",
        "dulwich.repo",
        "dulwich.config",
        "dulwich.hooks",
        "dulwich.client",
    )
    importers = {path for path in _sources() for _, imported in _imports(path) if imported in modules}
    callers = {
        path
        for path in _sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and re.match("system|popen|fork|exec|spawn|posix_spawn", node.attr)
    }
    assert importers | callers == set()


def test_sql_is_written_beside_the_tables() -> None:
    writers = {
        path
        for path in _sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy" and SQL_WORDS & {name.name for name in node.names}
    }
    assert {path for path in writers if not SQL_MODULES.search(path) and "/versions/" not in path} <= set(SQL_ELSEWHERE)


def test_files_stay_small() -> None:
    long = {path: lines for path in _sources() if (lines := len((CHECKOUT / path).read_text(encoding="utf-8").splitlines())) > 350}
    assert {path for path in long if "/versions/" not in path} == set()


def test_folders_stay_small() -> None:
    modules = Counter(path.rpartition("/")[0] for path in _sources() if not path.endswith("/__init__.py"))
    assert {folder: count for folder, count in modules.items() if count > 20 and not folder.endswith("/versions")} == {}


@pytest.mark.slow
def test_every_route_has_a_test(client: TestClient) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "tests").rglob("*.py"))
    untested = [path for path in _paths(client.app.routes) if not re.search(_as_typed(path), tests)]
    assert [path for path in untested if path not in FOLLOWED] == []
    assert [test for test in FOLLOWED.values() if not (CHECKOUT / "tests" / test).is_file()] == []


def test_no_alias_may_take_the_place_of_a_route(client: TestClient) -> None:
    first = {path.split("/")[1] for path in _paths(client.app.routes)}
    assert {name for name in first if "{" not in name} - {"", "articles", "categories", "hc"} == RESERVED


def test_the_desk_is_closed_to_strangers(client: TestClient) -> None:
    for route in client.app.routes:
        if isinstance(route, Route) and re.match(r"/(desk|admin)(/|$)", route.path):
            path = re.sub(r"{\w+:int}|{\w*(id|number)}", "1", route.path)
            path = re.sub(r"{[^}]*}", "x", path)
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                answer = client.request(method, path, headers={"sec-fetch-site": "same-origin"})
                is_sent_away = answer.status_code == 303 and "sign-in" in answer.headers["location"]
                assert is_sent_away or answer.status_code in (401, 403, 404), f"{method} {path} answered a stranger with {answer.status_code}"


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_the_locks_pin_hashes_and_name_no_address(lock: str) -> None:
    lines = (CHECKOUT / ".lock" / lock).read_text().splitlines()
    assert not [line for line in lines if "//" in line or line.startswith("-")]
    pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert len(pinned) > 30
    assert [lines[number] for number in pinned if "==" not in lines[number] or "--hash=sha256:" not in lines[number + 1]] == []


def test_everything_installed_is_locked() -> None:
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    locked = {re.split(r"[=\[ ]", line)[0] for line in (CHECKOUT / ".lock" / "dev.txt").read_text().splitlines() if re.match(r"[a-z0-9]", line)}
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    names = {re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-") for requirement in wanted}
    assert names - locked == set(), "run `make lock`"


def test_no_file_names_a_place_to_download_from() -> None:
    hosts = [name + ".org" for name in ("pypi", "pythonhosted", "registry.npmjs", "crates")]
    guilty = [f"{path}: {host}" for path, text in _texts() for host in hosts if host in text]
    assert guilty == []


def test_the_project_stands_alone() -> None:
    beside = "../" + "shared"
    assert [path for path, text in _texts() if beside in text and path != ".ci/run"] == []


def _texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for path in listed.stdout.split("\0"):
        try:
            yield path, (CHECKOUT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue


@cache
def _sources() -> tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(CHECKOUT)) for room in ROOMS for path in (CHECKOUT / room).rglob("*.py")))


@cache
def _modules() -> dict[str, str]:
    return {_module(path): path for path in _sources()}


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((CHECKOUT / path).read_text(encoding="utf-8"))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(path: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of every module that the file imports, wherever in it."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            names = [f"{node.module}.{name.name}" for name in node.names]
            yield from ((node.lineno, name if node.module in ROOMS or name in _modules() else node.module or "") for name in names)


def _floor(module: str) -> int:
    """Return the number of the floor that names the module or, failing that, the innermost package it is in; -1 for none."""
    floors = {name: number for number, floor in enumerate(FLOORS) for name in floor if module == name or module.startswith(f"{name}.")}
    return floors[max(floors, key=len)] if floors else -1


def _paths(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _paths(route.routes, before + route.path)
        elif isinstance(route, Route):
            yield before + route.path


def _as_typed(path: str) -> str:
    """A pattern for `path` as a test spells it, with values or braces; or as a row of the table of who may do what."""
    return "(?:[\"'}]|(?:GET|POST) )" + re.sub(r"\\{[^}]*\\}", r"[^\"'\\s?#]+", re.escape(path)) + "[\"'?#\\s]"
