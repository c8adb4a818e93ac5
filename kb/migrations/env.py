"""What Alembic runs: the migrations, on the connection it is handed."""

from alembic import context

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.models import User
from kb.db import Base
from kb.events.models import Event
from kb.jobs.models import OutboxJob
from kb.rate_limit.models import LimitCount
from tickets.deflection.models import ReportDay
from tickets.models import Ticket

MODELS = (User, AuditRecord, Event, OutboxJob, LimitCount, Ticket, ReportDay)  # importing them fills Base.metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
