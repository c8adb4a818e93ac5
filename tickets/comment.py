"""A message as it arrives from a form, the API or an email, and how it is stored with its files and articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tickets import queries
from tickets.attachments import StoredFile, attach
from tickets.models import Comment, TicketArticle
from tickets.nonce import content_key


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """An article in the version that somebody read or was sent."""

    slug: str
    title: str
    digest: str = ""
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class NewComment:
    """A message that was checked already: `body` is plain text within its limit."""

    body: str
    is_public: bool = True
    files: tuple[StoredFile, ...] = ()
    uploads: tuple[str, ...] = ()
    """Tokens of files that were sent with this form before and wait under its nonce."""
    nonce: str | None = None
    """Of the form: the same form sent again with the same message adds nothing."""
    articles: tuple[ArticleVersion, ...] = ()
    """Linked in the message."""
    proof: str = ""
    """How the author showed who they are, of Proof."""

    @property
    def key(self) -> str | None:
        """What makes the message one however often it is sent; None without a form."""
        if self.nonce is None:
            return None
        return content_key(self.nonce, self.body, str(self.is_public), *(file.sha256 for file in self.files), *self.uploads)


def store_comment(session: Session, comment: NewComment, *, ticket_id: int, author_id: int, via: str, now: datetime) -> int | None:
    """Store the message with its files and return its id; None when the same form was sent before."""
    columns = {"ticket_id": ticket_id, "author_id": author_id, "body": comment.body, "is_public": comment.is_public, "proof": comment.proof}
    columns |= {"via": via, "nonce": comment.key, "created_at": now}
    if comment.nonce is None:
        comment_id: int | None = queries.store(session, Comment, **columns)
    else:
        comment_id = queries.store_once(session, Comment, "nonce", **columns)
    if comment_id is not None:
        attach_files(session, comment.files, comment.uploads, comment.nonce, ticket_id=ticket_id, comment_id=comment_id, now=now)
        store_articles(session, comment.articles, "linked", ticket_id, now)
    return comment_id


def attach_files(
    session: Session, files: Sequence[StoredFile], uploads: Sequence[str], form_nonce: str | None, *, ticket_id: int, comment_id: int, now: datetime
) -> None:
    """Give stored files, and those that wait under the form's nonce, to a comment."""
    attach(session, files, ticket_id=ticket_id, comment_id=comment_id, now=now)
    if uploads and form_nonce:
        queries.claim_uploads(session, form_nonce, uploads, ticket_id=ticket_id, comment_id=comment_id)


def store_articles(session: Session, articles: Sequence[ArticleVersion], relation: str, ticket_id: int, now: datetime) -> None:
    """Tie articles to a ticket; `relation` is `read` or `linked`."""
    rows = [
        {"relation": relation, "slug": article.slug, "title": article.title[:300], "digest": article.digest, "commit": article.commit}
        | {"ticket_id": ticket_id, "created_at": now}
        for article in articles
    ]
    queries.store_all(session, TicketArticle, rows)
