"""The types of value that several kinds share; each refuses what could not be true of a field.

Days are ISO text and moments whole milliseconds UTC, since no float is ever stored. Codes are those
of `casework.reference`; a code that this release does not know is kept and shown as it came.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Day = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Moment = Annotated[int, Meta(ge=-(10**14), le=10**14)]
Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$")]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=12_000)]


class Refers(msgspec.Struct, frozen=True):
    """Says of an id in hex whose it is, so that a form offers names and nobody types an id."""

    to: Literal["staff", "person", "record"]


StaffId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$"), Refers("staff")]
"""An actor's id in lower-case hex: inside a value it must be readable in the projection."""

PersonHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$"), Refers("person")]
RecordHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$"), Refers("record")]
"""A record's id: of one that this one belongs to. Name the field as the kind it refers to."""

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""What a file's bytes come to; they travel by it, and two files with one hash are one."""

OpenOrClosed = Literal["open", "closed"]


class Listed(msgspec.Struct, frozen=True):
    """Says of a code field which list it is from; stands beside the Rule in `Annotated`.

    `group` narrows a list that holds several: the reason codes of `movement_reasons` by their
    type. Entry refuses what the list does not offer; what came by sync is kept and shown raw.
    """

    list: str
    group: str = ""


class Told(msgspec.Struct, frozen=True):
    """What a form says under a field's label, in one sentence; `label` where the name is no words.

    Stands beside the Rule in `Annotated`; `docs/records.md` shows it too.
    """

    hint: str = ""
    label: str = ""


Source = Annotated[Code, Listed("assertion_sources"), Told(label="Who said so")]


class CodeAssertion(msgspec.Struct, frozen=True):
    """A code that a source gave on a day; others may have given another."""

    value: Code
    source: Source
    asserted_on: Day


class DayAssertion(msgspec.Struct, frozen=True):
    """A day that a source gave on a day; others may have given another."""

    value: Day
    source: Source
    asserted_on: Day


class SignedText(msgspec.Struct, frozen=True):
    """What somebody wrote, who, and when; nobody's words are ever replaced by another's.

    At entry the author and the moment are those of whoever writes, whatever was sent.
    """

    text: Text
    author: Line
    written_on: Moment


class StaffMember(msgspec.Struct, frozen=True):
    """A member of staff; `team` is the code of a prison or of a probation delivery unit."""

    staff_id: StaffId
    staff_name: Line
    team: Code


class Transition(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A step of a status machine (`ForwardMost`): the state it left, None at first, and reached."""

    from_: Code | None
    to: Code
