"""A ticket as programs post it, in the shape of Zendesk's API: each field is taken, or refused by its name."""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kb.text.cleanup import clean, one_line
from kb.text.email_address import canonical_email
from tickets.fields import MAX_TAG_CHARS, MOST_TAGS, clean_tag
from tickets.models import MAX_BODY_CHARS, MAX_SUBJECT_CHARS, Priority, TicketType

MAX_NAME_CHARS = 120
MOST_NAMED = 20
EMPTY: tuple[object, ...] = (None, "", [], {})
OF_A_TICKET = frozenset((
    "additional_collaborators", "allow_attachments", "allow_channelback", "assignee_email", "assignee_id", "attribute_value_ids", "brand_id",
    "collaborator_ids", "collaborators", "comments", "created_at", "custom_fields", "custom_status_id", "description", "due_at", "email_cc_ids",
    "email_ccs", "encoded_id", "fields", "follower_ids", "followers", "followup_ids", "forum_topic_id", "from_messaging_channel", "group_id",
    "has_incidents", "id", "is_public", "macro_id", "macro_ids", "metadata", "organization_id", "problem_id", "raw_subject", "recipient",
    "requester_id", "result_type", "safe_update", "satisfaction_rating", "sharing_agreement_ids", "status", "submitter_id", "ticket_form_id",
    "updated_at", "updated_stamp", "url", "via", "via_followup_source_id", "via_id", "voice_comment",
))  # fmt: skip
OF_A_COMMENT = frozenset((
    "attachments", "audit_id", "author_id", "created_at", "html_body", "id", "metadata", "plain_body", "type", "uploads", "via",
))  # fmt: skip
WANTED_KINDS = {"string_type": "a string", "list_type": "an array", "model_type": "an object", "dict_type": "an object"}
"""Names of pydantic's errors, and the kinds of JSON that they ask for."""
OF_A_PERSON = frozenset((
    "active", "alias", "created_at", "custom_role_id", "details", "external_id", "id", "identities", "locale", "locale_id", "notes", "organization",
    "organization_id", "phone", "photo", "role", "signature", "tags", "time_zone", "updated_at", "url", "user_fields", "verified",
))  # fmt: skip


class RefusedTicket(Exception):
    """The ticket cannot be filed; `fields` says of each field what is wrong."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in fields.items()))
        self.fields = fields


def _visible(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _address(value: str) -> str:
    address = canonical_email(value)
    if address is None:
        raise ValueError("must be one email address in full, like name@example.com")
    return address


def _public(value: Any) -> Any:
    if value is not True:
        raise ValueError("must be true: the first message of a ticket is its requester's")
    return value


def _at_most(chars: int) -> AfterValidator:
    """In words: pydantic itself would count `items` here."""

    def check(value: str) -> str:
        if len(value) > chars:
            raise ValueError(f"must have at most {chars:,} characters, not {len(value):,}")
        return value

    return AfterValidator(check)


Text = Annotated[str, AfterValidator(clean)]
Line = Annotated[str, AfterValidator(one_line)]
Subject = Annotated[Line, AfterValidator(_visible), _at_most(MAX_SUBJECT_CHARS)]
Tag = Annotated[str, AfterValidator(clean_tag), _at_most(MAX_TAG_CHARS)]
Absent = BeforeValidator(lambda value: "" if value is None else value)


class _Part(BaseModel):
    """An object of the body. Fields of the shape that Deskbook does not have may come as long as they are empty."""

    model_config = ConfigDict(extra="forbid")
    unsupported: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        # Half a character in a name would be the fault of the whole object, and is no answer's to repeat.
        names = {name: name.encode("utf-8", "replace").decode() for name in value}
        return {names[name]: one for name, one in value.items() if name not in cls.unsupported or one not in EMPTY}


class _Requester(_Part):
    unsupported = OF_A_PERSON
    email: Annotated[str, AfterValidator(_address)]
    name: Annotated[Line, Absent, _at_most(MAX_NAME_CHARS)] = ""


class _FirstComment(_Part):
    unsupported = OF_A_COMMENT
    body: Annotated[Text, AfterValidator(_visible), _at_most(MAX_BODY_CHARS)]
    public: Annotated[bool, BeforeValidator(lambda value: True if value is None else _public(value))] = True


class PostedTicket(_Part):
    """A ticket whose every field is checked and cleaned."""

    unsupported = OF_A_TICKET
    subject: Subject
    comment: _FirstComment
    requester: _Requester
    priority: Priority | None = None
    type: TicketType | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS), BeforeValidator(lambda value: [] if value is None else value)] = []
    category: Annotated[Line, Absent, _at_most(120)] = ""
    external_id: Annotated[Line, _at_most(120)] | None = None


class _Body(_Part):
    ticket: PostedTicket


def read_ticket(body: dict[str, Any]) -> PostedTicket:
    """Return the ticket in a posted body; raises RefusedTicket, which names at most 20 fields."""
    try:
        return _Body.model_validate(body).ticket
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise RefusedTicket(dict(_in_words(problem) for problem in problems[:MOST_NAMED])) from None


def _in_words(problem: Any) -> tuple[str, str]:
    path = [one_line(str(part))[:60] for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        known = {"ticket": OF_A_TICKET, "comment": OF_A_COMMENT, "requester": OF_A_PERSON}.get(path[-2] if len(path) > 1 else "", frozenset())
        return ".".join(path), "cannot be set when a ticket is filed; leave it out" if path[-1] in known else "is not a field that is known here; leave it out"
    if problem["type"] == "missing":
        return ".".join(path), "is required"
    return ".".join(path), _of_kind(problem) or problem["msg"].removeprefix("Value error, ").replace("Input should", "must")


def _of_kind(problem: Any) -> str:
    """Return what is wrong with the kind of a value in the words of JSON; empty where it is something else."""
    if problem["type"] in WANTED_KINDS:
        return f"must be {WANTED_KINDS[problem['type']]}, not {_kind(problem['input'])}"
    if problem["type"] == "too_long":
        return f"must have at most {problem['ctx']['max_length']:,} items, not {len(problem['input']):,}"
    return ""


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = (bool, "a boolean"), (str, "a string"), (list, "an array"), (dict, "an object")
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")
