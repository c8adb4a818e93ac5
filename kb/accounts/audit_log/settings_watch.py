"""Which settings changed since the last start. Names are recorded, never values."""

import hmac
from datetime import datetime
from hashlib import sha256

from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.accounts.audit_log import queries
from kb.accounts.audit_log.log import DESKBOOK, record
from kb.accounts.audit_log.models import Kind, SettingInForce
from kb.config import Settings
from kb.config_sources import PREFIX
from kb.db import Database, now
from kb.settings_table import is_secret, shown

KEY = "secret_key"


def record_changes(database: Database, settings: Settings, site_key: str) -> None:
    """Record the names of the settings that differ from those of the last start; the very first start only remembers them."""
    try:
        with database.write() as session:
            _compare(session, fingerprints(settings, site_key), now())
    except IntegrityError:
        return  # another process starts at the same moment, and records it


def fingerprints(settings: Settings, site_key: str) -> dict[str, str]:
    """A digest of each setting's value. Those of secrets are keyed: a weak password cannot be guessed from a copy of the database."""
    return {name: _fingerprint(name, getattr(settings, name), site_key) for name in Settings.model_fields}


def _compare(session: Session, present: dict[str, str], moment: datetime) -> None:
    kept = queries.settings_in_force(session)
    changed = [name for name, fingerprint in present.items() if name in kept and kept[name].fingerprint != fingerprint]
    if KEY in changed:
        # Every secret's digest hangs on the key, so with a new one nothing is known about the others.
        changed = [name for name in changed if name == KEY or not is_secret(name)]
    for name, fingerprint in present.items():
        if name in kept:
            kept[name].fingerprint = fingerprint
        else:
            session.add(SettingInForce(name=name, fingerprint=fingerprint))
    for name in kept.keys() - present.keys():
        session.delete(kept[name])
    if changed:
        record(session, Kind.SETTINGS_CHANGED, DESKBOOK, moment, detail=", ".join(f"{PREFIX}{name.upper()}" for name in sorted(changed)))


def _fingerprint(name: str, value: object, site_key: str) -> str:
    if name == KEY:
        return hmac.new(site_key.encode(), KEY.encode(), sha256).hexdigest()
    if isinstance(value, SecretStr):
        return hmac.new(site_key.encode(), f"{name}={value.get_secret_value()}".encode(), sha256).hexdigest()
    return sha256(repr(shown(value)).encode()).hexdigest()
