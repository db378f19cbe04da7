"""The one officer responsible for a person, and what to say while two are.

Every person has one responsible officer for the whole sentence, in custody and out. Where two
offices named different ones unseen by each other, both stay responsible and both see the tasks: a
gap is worse than an overlap. The one with the later effective date leads. It is S2, and S1 within
fourteen days of release or recall, when nobody may wait for the other.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.rows import Finding, read_day
from sync_protocol.ids import SubjectId
from sync_protocol.policy import Severity

NEAR_DAYS: Final = 14


class Officer(msgspec.Struct, frozen=True):
    """An officer as an assignment names them; `team` is a prison or a delivery unit."""

    staff_id: str
    staff_name: str
    team: str
    side: Literal["prison", "community"]
    effective_from: str
    supporting_id: str | None = None
    supporting_name: str | None = None


class Responsibility(msgspec.Struct, frozen=True):
    """Who leads, who else is responsible until it is settled, and how grave that is."""

    lead: Officer | None
    others: tuple[Officer, ...] = ()
    severity: Severity | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def officers(self) -> tuple[Officer, ...]:
        """Everyone who is responsible now, the lead first."""
        return (*(() if self.lead is None else (self.lead,)), *self.others)

    @property
    def is_contested(self) -> bool:
        """Whether two are responsible, and a person must settle it."""
        return bool(self.others)


def responsible(
    shown: Mapping[str, Any] | None,
    sides: Iterable[Mapping[str, Any]] = (),
    *,
    day: str,
    liberty_day: str | None = None,
    person: SubjectId | None = None,
) -> Responsibility:
    """Who is responsible as of a day.

    `shown` is the assignment that the record shows and `sides` every assignment that stands, where
    they are contested; `liberty_day` the day of release or recall, where one is known.
    """
    about = () if person is None else (person,)
    if shown is None:
        words = "No responsible officer is recorded here."
        return Responsibility(None, findings=(Finding("nobody_responsible", "S2", words, about),))
    lead = read_officer(shown)
    others = dict.fromkeys(read_officer(side) for side in sides if side != shown)
    severity: Severity | None = contested_severity(day, liberty_day) if others else None
    found: list[Finding] = []
    if severity is not None:
        words = _contested_words(lead, others)
        found.append(Finding("responsibility_contested", severity, words, about))
    if lead.effective_from > day:
        words = f"{lead.staff_name} is responsible only from {lead.effective_from}."
        found.append(Finding("not_yet_responsible", "S3", words, about))
    return Responsibility(lead, tuple(others), severity, tuple(found))


def contested_severity(day: str, liberty_day: str | None) -> Severity:
    """How grave it is that two are responsible, as of a day."""
    today, liberty = read_day(day), read_day(liberty_day or "")
    if today is None or liberty is None:
        return "S2"
    return "S1" if abs((liberty - today).days) <= NEAR_DAYS else "S2"


def read_officer(assignment: Mapping[str, Any]) -> Officer:
    """The officer that an assignment names."""
    supporting = assignment.get("supporting") or {}
    return Officer(
        staff_id=str(assignment.get("staff_id", "")),
        staff_name=str(assignment.get("staff_name", "")),
        team=str(assignment.get("team", "")),
        side="prison" if assignment.get("side") == "prison" else "community",
        effective_from=str(assignment.get("effective_from", "")),
        supporting_id=supporting.get("staff_id"),
        supporting_name=supporting.get("staff_name"),
    )


def _contested_words(lead: Officer, others: Iterable[Officer]) -> str:
    named = " and ".join(
        f"{one.staff_name} ({short_place_name(one.team)})" for one in (lead, *others)
    )
    return f"{named} are each recorded as responsible. Both remain so until somebody settles it."
