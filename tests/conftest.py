"""What every test may ask for: an app on its own folder and database, a client at its front door, and real servers beside it."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from kb.accounts.authentication import passwords
from kb.config import Settings
from kb.db import Database
from kb.migrations import migrate
from kb.site.app import create_app
from tests import services
from tests.services import LiveServer, Mailbox, MeilisearchServer, MissingService, PostgresCluster
from tests.spare_databases import SpareDatabases

MISSING = "not installed: "
MEMORY, LEAST_FREE_BYTES = Path("/dev/shm"), 4_000_000_000
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > LEAST_FREE_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # every test has a database: on a disk its commits cost a third of the run
MIGRATED = "migrated_template"


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    content = tmp_path / "content"
    content.mkdir()
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "deskbook.sqlite")
    return Settings(data=tmp_path / "var", content=content, worker=False)


@pytest.fixture(scope="session", autouse=True)
def strong_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords on a real site; all tests but those about it hash with next to no work."""
    strong, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield strong
    passwords.HASHER = strong


@pytest.fixture(autouse=True)
def _noon(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests marked `at_noon` it is noon, and time goes on from there; first of all fixtures, which may stop the clock."""
    if request.node.get_closest_marker("at_noon") is None:
        yield
        return
    with time_machine.travel(datetime.now(UTC).replace(hour=12, minute=0, second=0)):
        yield


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings)
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield client


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> str:
    """The address of a migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    shutil.copy(migrated_sqlite, tmp_path / "either.sqlite")
    return f"sqlite:///{tmp_path / 'either.sqlite'}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy; migrating anew costs each test more than the test itself."""
    path = tmp_path_factory.mktemp("migrated") / "deskbook.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_cluster(stack: ExitStack) -> PostgresCluster:
    """A running PostgreSQL with a migrated database to copy."""
    cluster: PostgresCluster = _available(lambda: stack.enter_context(services.postgres_cluster()))
    template = Database(cluster.create(MIGRATED))
    migrate(template)
    template.close()
    return cluster


@pytest.fixture(scope="session")
def spare_databases(postgres_cluster: PostgresCluster) -> SpareDatabases:
    """Migrated, empty PostgreSQL databases to lend."""
    return SpareDatabases(postgres_cluster, MIGRATED)


@pytest.fixture
def postgres_url(spare_databases: SpareDatabases) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database of this test's own."""
    with spare_databases.lent() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_cluster.create(name)
    postgres_cluster.drop(name)


@pytest.fixture(scope="session")
def meilisearch(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> MeilisearchServer:
    """A running Meilisearch shared by all tests: use `meilisearch_index` for a name of your own."""
    folder = tmp_path_factory.mktemp("meilisearch")
    server: MeilisearchServer = _available(lambda: stack.enter_context(services.meilisearch_server(folder)))
    return server


@pytest.fixture
def meilisearch_index() -> str:
    """An index name no other test uses."""
    return f"test_{uuid.uuid4().hex}"


@pytest.fixture
def smtp_server() -> Iterator[Mailbox]:
    """A real SMTP server: `.url` for the setting, `.wait_for(n)` for what arrived, `.refuse_with` for trouble."""
    with services.smtp_sink() as mailbox:
        yield mailbox


@pytest.fixture
def serve() -> Iterator[Callable[[Settings], LiveServer]]:
    """Starts the real app on a free port with the settings given: `serve(settings).url`."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(services.running(settings))


@pytest.fixture
def live_server(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    """The real app, running with this test's `settings` (its content as it is when this fixture starts)."""
    return serve(settings)


@pytest.fixture(scope="session")
def chromium(stack: ExitStack) -> Any:
    """A headless Chromium (playwright's sync `Browser`)."""
    from playwright.sync_api import sync_playwright

    path = _available(services.chromium_path)
    playwright = stack.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=path, args=services.CHROMIUM_ARGS)
    stack.callback(browser.close)
    return browser


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page in a fresh profile, 1280 px wide; a script error or a refused resource fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="session")
def arduino() -> Path:
    """The content folder of the Arduino help centre."""
    return _corpus("arduino/content")


@pytest.fixture(scope="session")
def dtc_faq() -> Path:
    """The folder of the course FAQs: `content/` and `questions-dev.csv`."""
    return _corpus("dtc-faq/content").parent


@pytest.fixture(scope="session")
def stack() -> Iterator[ExitStack]:
    """What was started for the whole run, stopped in the reverse order."""
    with ExitStack() as stack:
        yield stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, browsers last: their event loop stays on the main thread once started."""
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.get_closest_marker("slow") is not None))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says loudly what was skipped for want of a program, and how to get it."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if MISSING in reason:
            reasons[reason.partition(MISSING)[2]] = reasons.get(reason.partition(MISSING)[2], 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"SKIPPED {count} tests, {MISSING}{reason}", yellow=True, bold=True)


def _corpus(name: str) -> Path:
    root = os.environ.get("DESKBOOK_CORPORA", "")
    if not root:
        pytest.skip(f"{MISSING}the corpora that answers are measured on: set DESKBOOK_CORPORA to their folder")
    path = Path(root) / name
    assert path.is_dir(), f"DESKBOOK_CORPORA is set, but there is no {path}"
    return path


def _available(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except MissingService as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{MISSING}{missing}", pytrace=False)
        pytest.skip(f"{MISSING}{missing}")
