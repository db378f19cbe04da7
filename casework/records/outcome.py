"""What came of an appointment, as each who recorded it says, and what staff must know from it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, Highest, Rule, TrueOutranks
from sync_protocol.schema import Record

Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]

OBSERVED = Rule(
    Highest(TrueOutranks()),
    writers=ANYONE,
    cls="P2",
    severity="S1",
    optional=True,
    why="What endangered a member of staff counts, whoever saw it and whatever the outcome is "
    "held to be; only somebody who saw the tick takes it away.",
)


class OutcomeAssertion(msgspec.Struct, frozen=True):
    """The outcome as one member of staff recorded it.

    `attended`, `complied` and `enforceable` are those of the code when it was recorded.
    """

    code: Annotated[Code, Listed("contact_outcomes")]
    author: Line
    written_on: Moment
    attended: bool | None = None
    complied: bool | None = None
    enforceable: bool | None = None
    minutes_credited: Annotated[
        Minutes | None, Told(hint="Minutes of unpaid work or activity to be credited.")
    ] = None


class Outcome(Record, kind="outcome", later=True):
    """What came of one appointment: everybody's assertion, and dangers that staff met.

    Two offices may each record one: `casework.rules.appointments` says whether they agree, and
    where they do not, neither starts nor stops enforcement. One recorded by mistake is closed.
    """

    appointment: Annotated[RecordHex, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")]
    assertion: Annotated[
        OutcomeAssertion,
        Told(label="Outcome"),
        Rule(
            Gather(),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="A false breach and a missed breach are both harmful: the officer decides.",
        ),
    ]
    threatened_staff: Annotated[bool, OBSERVED]
    weapon_seen: Annotated[bool, OBSERVED]
    dangerous_animal: Annotated[bool, OBSERVED]
    unknown_others_present: Annotated[bool, OBSERVED]
    under_the_influence: Annotated[
        bool, Told(label="Under the influence of drink or drugs"), OBSERVED
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, why="Two people may both write; nobody's words replace another's."),
    ]
    status: Annotated[
        OpenOrClosed,
        Told(hint="Closed means recorded by mistake."),
        closed(ANYONE, why="Striking out an outcome takes away only what was seen of it."),
    ]
