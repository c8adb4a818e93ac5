"""`deskbook user`: the people who may sign in."""

import click

from kb.site.cli.open_data import opened
from kb.site.cli.site_address import located
from kb.site.cli.terminal.output import as_json, emit, note, table
from kb.site.cli.terminal.refusal import Refused


@click.group()
def user() -> None:
    """Add and list people, and make sign-in links."""


@user.command()
@click.argument("email")
@click.option("--name", default="", help="Name shown to customers.")
@click.option("--role", default="agent", show_default=True, help="admin, agent, light (only notes), customer, or a role of your own by its slug.")
@as_json
def add(email: str, name: str, role: str, is_json: bool) -> None:
    """Add a person and print a link that signs them in once."""
    from kb.accounts import people
    from kb.accounts.audit_log.log import COMMAND_LINE, record
    from kb.accounts.audit_log.models import Kind
    from kb.accounts.authentication import links
    from kb.db import now

    with opened() as (settings, database), database.write() as session:
        try:
            person = people.add_user(session, email, name, role, now())
        except people.PersonRefused as refusal:
            raise Refused(str(refusal)) from None
        site = located(settings)
        url = site.public_url + links.path(links.make_link(session, person, now()))
        record(session, Kind.PERSON_ADDED, COMMAND_LINE, now(), person=person, detail=f"as {person.role}, with a sign-in link")
        # Printed before it is stored: where printing fails, nobody is added whose link nobody has seen.
        if is_json:
            emit({"id": person.id, "email": person.email, "role": str(person.role), "sign_in_link": url})
        else:
            click.echo(f"Added {person.email} as {person.role}. This link signs them in once, within an hour:\n{url}")


@user.command("list")
@click.option("--customers", is_flag=True, help="List customers too.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
def list_people(customers: bool, limit: int, is_json: bool) -> None:
    """List the people who may answer, or everybody."""
    from kb.accounts import people

    with opened() as (_, database), database.read() as session:
        found = people.list_users(session, staff_only=not customers, limit=limit)
        rows = [
            {
                "id": person.id,
                "email": person.email,
                "name": person.name,
                "role": str(person.role),
                "is_active": person.is_active,
                "created_at": person.created_at,
            }
            for person in found
        ]
    if is_json:
        emit(rows)
    elif rows:
        table([(str(row["id"]), str(row["email"]), str(row["role"]), str(row["name"]), "" if row["is_active"] else "disabled") for row in rows])
    else:
        note("No people yet. Add one: deskbook user add you@example.com --role admin")


@user.command("sign-in-link")
@click.argument("email")
@as_json
def sign_in_link(email: str, is_json: bool) -> None:
    """Print a link that signs a person in once, within an hour."""
    from kb.accounts import people
    from kb.accounts.audit_log.log import COMMAND_LINE, record
    from kb.accounts.audit_log.models import Kind
    from kb.accounts.authentication import links
    from kb.db import now

    with opened() as (settings, database), database.write() as session:
        person = people.find(session, email)
        if person is None or not person.is_active:
            raise Refused(f"No one who can sign in has the address {email}. `deskbook user list --customers` lists everybody.")
        site = located(settings)
        url = site.public_url + links.path(links.make_link(session, person, now()))
        record(session, Kind.SIGN_IN_LINK_MADE, COMMAND_LINE, now(), person=person)
        emit({"email": person.email, "sign_in_link": url}) if is_json else click.echo(url)


@user.command("reset-two-factor")
@click.argument("email")
def reset_two_factor(email: str) -> None:
    """Turn a person's two-factor sign-in off, when phone and recovery codes are lost."""
    from kb.accounts import notices, people
    from kb.accounts.audit_log.log import COMMAND_LINE, record
    from kb.accounts.audit_log.models import Kind
    from kb.accounts.authentication import two_factor
    from kb.db import now

    with opened() as (_, database), database.write() as session:
        person = people.find(session, email)
        if person is None or not person.has_two_factor:
            raise Refused(f"No one with the address {email} has two-factor sign-in turned on.")
        two_factor.remove(session, person)
        people.sign_out_everywhere(session, person)
        record(session, Kind.TWO_FACTOR_OFF, COMMAND_LINE, now(), person=person)
        notices.two_factor_changed(session, person, is_on=False, now=now())
    click.echo(f"Two-factor sign-in is off for {email}. They were signed out everywhere.")
