"""The table of rate limits."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base, RowId, UtcDateTime


class LimitCount(Base):
    """How often something happened in one window of time; shared by all processes."""

    __tablename__ = "limit_counts"

    bucket: Mapped[str] = mapped_column(String(200), primary_key=True)
    window: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    """Seconds since 1970 at which the window begins."""
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
