"""Why a conflict was settled as it was."""

from typing import Annotated

from msgspec import Meta

from casework.records.values import Code, Line, RecordHex
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")


class Settlement(Record, kind="settlement"):
    """Who settled which conflict, and the reason, written in the act that chose the value.

    The choice is an ordinary op of the record it concerns, and names the sides it had seen; this
    carries the reason to the office whose side was not chosen.
    """

    of_kind: Annotated[Code, GIVEN]
    of_record: Annotated[RecordHex, GIVEN]
    of_field: Annotated[Code, GIVEN]
    reason: Annotated[Reason, GIVEN]
    settled_by: Annotated[Line, GIVEN]
