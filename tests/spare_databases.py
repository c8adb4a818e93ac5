"""Migrated, empty databases on PostgreSQL: those of tests before, emptied again, since each new one costs a third of a second of work."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.services import PostgresCluster

EMPTY = """
DO $$
DECLARE one record; filled text; is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        AND c.relname NOT IN ('alembic_version', 'roles') LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.relname) INTO is_filled;
        IF is_filled THEN
            filled := concat_ws(', ', filled, format('%I', one.relname));
        END IF;
    END LOOP;
    IF filled IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || filled || ' CASCADE';
    END IF;
    DELETE FROM roles WHERE slug NOT IN ('customer', 'light', 'agent', 'admin');
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END
$$
"""
SHAPE = """
SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_constraint),
    (SELECT string_agg(tgname || tgenabled, ' ' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal), (SELECT version_num FROM alembic_version)
"""


class SpareDatabases:
    """Copies of a migrated database, used by one test after the other."""

    def __init__(self, cluster: PostgresCluster, migrated: str) -> None:
        self._cluster, self._migrated = cluster, migrated
        self._shape = self._emptied(migrated)
        self._spare: list[str] = []
        self._made = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of one; whoever is still connected at the end is cut off."""
        name = self._spare.pop() if self._spare else self._new()
        yield self._cluster.url(name)
        if self._emptied(name) == self._shape:
            self._spare.append(name)
        else:
            self._cluster.drop(name)

    def _new(self) -> str:
        self._made += 1
        name = f"spare_{self._made}"
        self._cluster.create(name, template=self._migrated)
        return name

    def _emptied(self, name: str) -> tuple[object, ...] | None:
        """What its schema is like, once all rows are gone and numbers begin at 1 again; None when it cannot be emptied."""
        import psycopg

        try:
            with psycopg.connect(self._cluster.url(name), autocommit=True) as connection:
                others = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                connection.execute(others)
                connection.execute(EMPTY)
                return connection.execute(SHAPE).fetchone()
        except psycopg.Error:
            return None
