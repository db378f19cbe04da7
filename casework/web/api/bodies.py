"""What callers of the API send; a field that is not asked for is refused, not overlooked."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from casework.web.api.ids import HexId

SAYS_SOMETHING = r"\S"
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=SAYS_SOMETHING)]
LongText = Annotated[str, Meta(min_length=1, max_length=12_000, pattern=SAYS_SOMETHING)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-22"])]
Moment = Annotated[int, Meta(description="UTC milliseconds", examples=[1_795_348_800_000])]
Code = Annotated[str, Meta(min_length=1, max_length=32)]
Token = Annotated[str, Meta(max_length=16_384, description="The `seen` token of what was read")]


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """User name and password of an account at this node."""

    user_name: Name
    password: Annotated[str, Meta(min_length=1, max_length=256)]
    device: Annotated[str, Meta(min_length=1, max_length=64)] = "api"


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password that is and the password that is to be."""

    old: Annotated[str, Meta(min_length=1, max_length=256)]
    new: Annotated[str, Meta(min_length=1, max_length=256)]


class IdentifierBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of an outside system."""

    type: Annotated[Code, Meta(examples=["NOMS"])]
    value: Annotated[Name, Meta(examples=["A1234BC"])]


class PersonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to be recorded for the first time.

    Where somebody alike is known, 409 lists them; `confirmed` says that it is none of them.
    """

    first: Annotated[Name, Meta(examples=["Robin"])]
    last: Annotated[Name, Meta(examples=["Example"])]
    middle: Name | None = None
    date_of_birth: Day | None = None
    sex: Code | None = None
    identifiers: Annotated[tuple[IdentifierBody, ...], Meta(max_length=20)] = ()
    source: Code | None = None
    confirmed: bool = False


class RecordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new record: the values of its fields; `other` is the second person of a pair."""

    values: Annotated[dict[str, Any], Meta(examples=[{"location": "LEI-A-1-003"}])]
    other: HexId | None = None
    happened_ms: Moment | None = None
    why: Annotated[str, Meta(max_length=2_000)] = ""


class ChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New values for a record that was read with `seen` (or send If-Match).

    `on_purpose` saves although something unseen stands: both stand, and a conflict opens.
    `corrects` are gathered assertions that this one puts right.
    """

    values: Annotated[dict[str, Any], Meta(examples=[{"location": "LEI-B-2-011"}])]
    seen: Token | None = None
    on_purpose: bool = False
    corrects: Annotated[tuple[HexId, ...], Meta(max_length=64)] = ()
    happened_ms: Moment | None = None
    why: Annotated[str, Meta(max_length=2_000)] = ""


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case note; its author is whoever is signed in."""

    type: Code
    subtype: Code
    text: LongText
    occurred_ms: Moment
    is_sensitive: bool = False


class AmendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text to be appended to one's own note."""

    text: LongText


class RetractBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To withdraw one's own note, as read with `seen`."""

    seen: Token | None = None


class AlertBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert to be raised; its type follows from its code."""

    code: Annotated[Code, Meta(examples=["HA"])]
    active_from: Day
    description: Annotated[str, Meta(max_length=12_000)] = ""
    active_to: Day | None = None
    authorised_by: Name | None = None


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To close an alert, as read with `seen`."""

    reason: LongText
    seen: Token | None = None
    active_to: Day | None = None


class OpenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On what ground, and why, a record is opened from outside the caseload."""

    ground: Annotated[Code, Meta(examples=["safety"])]
    reason: Annotated[str, Meta(max_length=2_000, examples=["Asked by the duty governor."])]


class ReviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether there was a good reason to open a record, and what the reviewer found."""

    is_justified: bool
    text: Annotated[str, Meta(max_length=2_000, examples=["Asked the duty governor: so it was."])]


class SettleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value chosen of the sides, or another; why; and the `seen` token of the conflict."""

    value: Any
    reason: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=SAYS_SOMETHING)]
    seen: Token | None = None
