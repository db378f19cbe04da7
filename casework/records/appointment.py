"""An appointment, home visits and calls included: what is planned, and whether it stands."""

from typing import Annotated

import msgspec

from casework.records.shared_rules import asked, closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    RecordHex,
    SignedText,
    StaffMember,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Highest, Rule, TrueOutranks
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")
OWNERS = asked(
    ANYONE,
    why=(
        "Whoever sees the person settles it; until then the later plan is shown, and so is the "
        "other, since the person may keep either."
    ),
)


class Slot(msgspec.Struct, frozen=True):
    """From when to when it is planned."""

    starts_at: Moment
    ends_at: Annotated[Moment, Told(label="Ends at")]


class Appointment(Record, kind="appointment", later=True):
    """A planned contact, home visits included, about the person or about one part of a sentence.

    One that is closed is cancelled. A new time that the one who cancelled had not seen keeps it
    open, so that nobody is in breach of an appointment that we ourselves gave. What came of it is
    an `outcome`.
    """

    type: Annotated[Code, Listed("contact_types"), GIVEN]
    slot: Annotated[Slot, Told(label="When"), OWNERS]
    place: Annotated[
        Line | None,
        Told(hint="The office, or the address for a home visit. A telephone call has none."),
        OWNERS,
    ]
    officer: Annotated[StaffMember, Told(label="With whom"), OWNERS]
    sentence: Annotated[
        RecordHex | None, Told(hint="The sentence whose contacts it counts among."), GIVEN
    ]
    requirement: Annotated[
        RecordHex | None, Told(hint="The requirement that it serves, if it serves one."), GIVEN
    ]
    licence: Annotated[
        RecordHex | None, Told(hint="The licence of which it serves a condition."), GIVEN
    ]
    is_rehabilitation_activity: Annotated[
        bool,
        Told(
            label="Rehabilitation activity",
            hint="It counts as a day of the rehabilitation activity requirement.",
        ),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3", optional=True),
    ]
    sensitive: Annotated[
        bool,
        Rule(
            Highest(TrueOutranks()),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            optional=True,
            why="What one office holds to be sensitive is so everywhere.",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, why="Two people may both write; nobody's words replace another's."),
    ]
    status: Annotated[
        OpenOrClosed,
        Told(hint="Closed means cancelled."),
        closed(ANYONE, why="A cancellation cancels only the time that it saw: a new time stands."),
    ]
