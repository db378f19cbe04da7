"""What staff must learn first: the facts a sync reply opens with, and the ops it sends ahead.

S1 is public protection and liberty, and is told before all other traffic. A notice changes no
value; it says in one sentence what is known now.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from casework.rules.alerts import alert_severity, alerts_in_force
from casework.rules.custody import CustodyState
from casework.rules.rows import Finding, Row, day_of
from sync_protocol.ids import SubjectId
from sync_protocol.policy import CLOSED, Severity

FIRST: Final = 0
URGENT: Final = 1
USUAL: Final = 2

URGENT_KINDS: Final = frozenset(
    {"movement", "release", "recall", "temporary_absence", "seen_in_community"}
    | {"risk", "non_association", "person_link"}
)


class Notice(msgspec.Struct, frozen=True):
    """One fact about a person to be read before anything else."""

    subject: SubjectId
    severity: Severity
    code: str
    words: str


def notices_for(
    person: SubjectId, *, alerts: Iterable[Row], custody: CustodyState, as_of_ms: int
) -> tuple[Notice, ...]:
    """Every active alert and every S1 finding of a person's custody, the gravest first."""
    active = alerts_in_force(alerts, day=day_of(as_of_ms))
    told = [Notice(person, one.severity, one.code, one.description) for one in active]
    found = [_notice_of(person, one) for one in custody.findings if one.severity == "S1"]
    return tuple(sorted([*found, *told], key=lambda notice: notice.severity))


def urgency(kind: str, values: Mapping[str, Any]) -> int:
    """Where an op belongs in what is sent: restrictions first, then safety and liberty, then all.

    It orders what is shown on arrival and never what is stored: the order of one node's ops holds.
    """
    if kind == "restriction":
        return FIRST
    if kind in URGENT_KINDS:
        return URGENT
    if kind == "alert":
        is_grave = "code" not in values or alert_severity(values) == "S1"
        return URGENT if is_grave or values.get("status") == CLOSED else USUAL
    return USUAL


def _notice_of(person: SubjectId, finding: Finding) -> Notice:
    return Notice(person, finding.severity, finding.code, finding.words)
