"""How many files the process may have open, and how many connections that allows."""

import resource

from kb.config import Settings

OWN_FILES = 32
"""Open before the first request: the listening socket, the log, databases, the search file, and what a look at the content's history takes."""
FILES_OF_A_THREAD = 2
FILES_OF_A_DATABASE_CONNECTION = 2


def raise_limit(settings: Settings) -> int:
    """Raise the limit on open files to what these settings may take, as far as the system allows; return the limit now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _wanted(settings)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted if soft == resource.RLIM_INFINITY else soft
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return raised


def fit(settings: Settings, limit: int) -> Settings:
    """Return the settings with as many threads and connections as `limit` open files have room for."""
    if limit >= _wanted(settings):
        return settings
    room = max(16, limit - OWN_FILES)
    threads = min(settings.threads, max(2, room // 8))
    database = min(settings.database_pool, max(1, room // 16))
    left = room - threads * FILES_OF_A_THREAD - database * FILES_OF_A_DATABASE_CONNECTION - room // 8  # an eighth for uploads and pictures
    return settings.model_copy(update={"threads": threads, "database_pool": database, "connections_max": min(settings.connections_max, max(4, left))})


def _wanted(settings: Settings) -> int:
    kept = OWN_FILES + settings.threads * FILES_OF_A_THREAD + settings.database_pool * FILES_OF_A_DATABASE_CONNECTION
    return (kept + settings.connections_max) * 8 // 7
