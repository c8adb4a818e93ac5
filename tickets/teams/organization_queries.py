"""What the pages of organizations ask of the database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from kb.accounts.models import Organization, OrganizationDomain, User

MOST_MEMBERS = 100
UNSYNCHRONIZED = {"synchronize_session": False}


def organizations(session: Session, *, words: str, limit: int, offset: int) -> Sequence[Organization]:
    """Organizations by name; `words` narrows by name and domain."""
    statement = select(Organization).where(Organization.deleted_at.is_(None))
    if words:
        of_domain = select(OrganizationDomain.organization_id).where(OrganizationDomain.domain.contains(words.lower(), autoescape=True))
        statement = statement.where(or_(Organization.name.icontains(words, autoescape=True), Organization.id.in_(of_domain)))
    return session.scalars(statement.order_by(func.lower(Organization.name), Organization.id).limit(limit).offset(offset)).all()


def domains(session: Session, ids: Collection[int]) -> dict[int, list[str]]:
    """Organization → its domains in order."""
    found: dict[int, list[str]] = {}
    for row in session.scalars(select(OrganizationDomain).where(OrganizationDomain.organization_id.in_(sorted(ids))).order_by(OrganizationDomain.domain)):
        found.setdefault(row.organization_id, []).append(row.domain)
    return found


def counts(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Organization → how many people belong to it."""
    statement = select(User.organization_id, func.count()).where(User.organization_id.in_(sorted(ids))).group_by(User.organization_id)
    return {organization_id: count for organization_id, count in session.execute(statement) if organization_id is not None}


def members(session: Session, organization_id: int) -> Sequence[User]:
    """Its people by address, at most 100."""
    return session.scalars(select(User).where(User.organization_id == organization_id).order_by(User.email).limit(MOST_MEMBERS)).all()


def has_name(session: Session, name: str, but: int | None) -> bool:
    """Whether an organization other than `but` has this name, in capitals or not."""
    statement = select(Organization.id).where(func.lower(Organization.name) == name.lower(), Organization.id != (but or 0), Organization.deleted_at.is_(None))
    return session.scalar(statement.limit(1)) is not None


def owner_of(session: Session, wanted: Collection[str], but: int | None) -> tuple[str, str] | None:
    """A domain of those wanted that another organization has, and that organization's name."""
    statement = select(OrganizationDomain.domain, Organization.name).join(Organization, Organization.id == OrganizationDomain.organization_id)
    row = session.execute(statement.where(OrganizationDomain.domain.in_(sorted(wanted)), Organization.id != (but or 0)).limit(1)).first()
    return None if row is None else (row[0], row[1])


def set_domains(session: Session, organization_id: int, wanted: Collection[str]) -> None:
    """Store the domains. People who were not put anywhere by hand come and go with the domain of their address."""
    session.execute(delete(OrganizationDomain).where(OrganizationDomain.organization_id == organization_id), execution_options=UNSYNCHRONIZED)
    if wanted:
        session.execute(insert(OrganizationDomain), [{"domain": domain, "organization_id": organization_id} for domain in sorted(wanted)])
    by_domain = [User.email.endswith(f"@{domain}", autoescape=True) for domain in sorted(wanted)]
    leaving = and_(User.organization_id == organization_id, User.is_organization_chosen.is_(False))
    session.execute(update(User).where(leaving).values(organization_id=None), execution_options=UNSYNCHRONIZED)
    if by_domain:
        joining = and_(or_(*by_domain), User.is_organization_chosen.is_(False))
        session.execute(update(User).where(joining).values(organization_id=organization_id), execution_options=UNSYNCHRONIZED)


def delete_organization(session: Session, organization: Organization, now: datetime) -> None:
    """Mark the organization as deleted, with nobody in it and nothing shared."""
    set_domains(session, organization.id, ())
    leaving = update(User).where(User.organization_id == organization.id).values(organization_id=None, is_organization_chosen=False)
    session.execute(leaving, execution_options=UNSYNCHRONIZED)
    organization.deleted_at, organization.shares_requests = now, False
