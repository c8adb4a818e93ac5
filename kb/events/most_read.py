"""What visitors read most of late, asked of the database now and then only."""

import logging
import time
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from kb.db import Database, now
from kb.events.queries import most_read

LATELY = timedelta(days=30)
KEPT_S = 600
MOST = 50
log = logging.getLogger("deskbook.events")


class MostRead:
    """The slugs most read; may be asked from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked_at = -float(KEPT_S)
        self._slugs: list[str] = []

    def slugs(self) -> list[str]:
        """Most read first, up to ten minutes old; nothing while the database cannot tell."""
        if time.monotonic() - self._asked_at >= KEPT_S:
            self._asked_at = time.monotonic()
            self._slugs = self._ask()
        return self._slugs

    def _ask(self) -> list[str]:
        try:
            with self._database.read() as session:
                return most_read(session, now() - LATELY, MOST)
        except SQLAlchemyError as error:
            log.warning("the most read articles could not be counted: %s", error)
            return self._slugs
