"""`deskbook api-key`: keys for programs."""

import click

from kb.site.cli.open_data import opened
from kb.site.cli.terminal.output import as_json, emit, note, table
from kb.site.cli.terminal.refusal import Refused


@click.group("api-key")
def api_key() -> None:
    """Make, list and revoke the keys programs use."""


@api_key.command()
@click.argument("name")
@click.option("--user", "email", required=True, help="Address of the person the key acts as; it may do what they may.")
@click.option("--scope", type=click.Choice(["read", "write"]), default="write", show_default=True)
@as_json
def add(name: str, email: str, scope: str, is_json: bool) -> None:
    """Make a key and print it; it is never shown again."""
    from kb.accounts import notices, people
    from kb.accounts.audit_log.log import COMMAND_LINE, record
    from kb.accounts.audit_log.models import Kind
    from kb.accounts.authentication import api_keys
    from kb.db import now
    from kb.text.cleanup import one_line

    name = one_line(name)[:120]
    if not name:
        raise Refused("Enter what the key is for.")
    with opened() as (_, database), database.write() as session:
        person = people.find(session, email)
        if person is None or not person.is_active:
            raise Refused(f"{email} cannot have a key: there is no person with this address, or they are disabled. `deskbook user list` shows everyone.")
        key, secret = api_keys.make_key(session, name, scope, person, now())
        record(session, Kind.KEY_MADE, COMMAND_LINE, now(), person=person, detail=api_keys.described(key))
        notices.key_made(session, person, key.name, now())
        # Printed before it is stored: where printing fails, there is no key that nobody has seen.
        emit({"id": key.id, "name": key.name, "scope": key.scope, "key": secret}) if is_json else click.echo(secret)


@api_key.command("list")
@as_json
def list_keys(is_json: bool) -> None:
    """List the keys, without their secrets."""
    from kb.accounts import queries

    with opened() as (_, database), database.read() as session:
        rows = [
            {"id": key.id, "name": key.name, "scope": key.scope, "user": key.user.email, "created_at": key.created_at, "revoked_at": key.revoked_at}
            for key in queries.api_keys(session)
        ]
    if is_json:
        emit(rows)
    elif rows:
        table([(str(row["id"]), str(row["name"]), str(row["scope"]), str(row["user"]), "revoked" if row["revoked_at"] else "") for row in rows])
    else:
        note("No keys yet. Make one: deskbook api-key add NAME --user ADDRESS")


@api_key.command()
@click.argument("key_id", metavar="ID", type=int)
def revoke(key_id: int) -> None:
    """End a key at once."""
    from kb.accounts import queries
    from kb.accounts.audit_log.log import COMMAND_LINE, record
    from kb.accounts.audit_log.models import Kind
    from kb.accounts.authentication import api_keys
    from kb.db import now

    with opened() as (_, database), database.write() as session:
        if key_id not in [key.id for key in queries.api_keys(session)]:
            raise Refused(f"There is no key {key_id}. `deskbook api-key list` lists them.")
        if key := api_keys.revoke_key(session, key_id, now()):
            record(session, Kind.KEY_REVOKED, COMMAND_LINE, now(), person=key.user, detail=api_keys.described(key))
