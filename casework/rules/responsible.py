"""The one officer responsible for a person, and what to say while two are.

Every person has one responsible officer for the whole sentence, in custody and out. Where two
offices named different ones unseen by each other, both stay responsible and both see the tasks: a
gap is worse than an overlap. The one with the later effective date leads. It is S2, and S1 within
fourteen days of release or recall, when nobody may wait for the other. Naming somebody from a day
to come takes nothing from whoever is responsible until that day.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.rows import Finding, read_day
from sync_protocol.ids import ActorId, NodeId, OpId, SubjectId
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


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """An officer as one op named them, who wrote it and when, and the ops whose place it took."""

    op_id: OpId
    officer: Officer
    node: NodeId
    actor: ActorId
    hlc: int
    replaces: tuple[OpId, ...] = ()


class Responsibility(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads, who else is responsible until it is settled, who takes over on a later day."""

    lead: Naming | None
    others: tuple[Naming, ...] = ()
    later: tuple[Naming, ...] = ()
    severity: Severity | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def now(self) -> tuple[Naming, ...]:
        """Everyone who is responsible now, the lead first."""
        return (*(() if self.lead is None else (self.lead,)), *self.others)

    @property
    def is_contested(self) -> bool:
        """Whether two are responsible, and a person must settle it."""
        return bool(self.others)


def responsible(
    namings: Iterable[Naming],
    *,
    day: str,
    liberty_day: str | None = None,
    person: SubjectId | None = None,
) -> Responsibility:
    """Who is responsible as of a day.

    `namings` are all that is recorded, or all that stands where none of it is of a day to come;
    `liberty_day` is the day of release or recall, where one is known. Whoever is named from a later
    day takes over on that day, and until then whoever was responsible stays so.
    """
    about = () if person is None else (person,)
    known = {one.op_id: one for one in namings}
    begun = {op_id for op_id, one in known.items() if has_begun(one.officer, day)}
    now = unreplaced(known, begun)
    later = [one for one in unreplaced(known, set(known)) if one.op_id not in begun]
    if not now and not later:
        words = "No responsible officer is recorded here."
        finding = Finding("nobody_responsible", "S2", words, about)
        return Responsibility(lead=None, findings=(finding,))
    # A gap is worse than an overlap: where nobody was named before, whoever is to come leads.
    lead, *others = distinct(now or later)
    severity: Severity | None = contested_severity(day, liberty_day) if others else None
    found: list[Finding] = []
    if severity is not None:
        words = _contested_words([one.officer for one in (lead, *others)])
        found.append(Finding("responsibility_contested", severity, words, about))
    if not now:
        words = f"{lead.officer.staff_name} is responsible only from {lead.officer.effective_from}."
        found.append(Finding("not_yet_responsible", "S3", words, about))
    return Responsibility(
        lead=lead,
        others=tuple(others),
        later=distinct(later) if now else (),
        severity=severity,
        findings=tuple(found),
    )


def has_begun(officer: Officer, day: str) -> bool:
    """Whether an assignment's first day has come; one that cannot be read has."""
    first, today = read_day(officer.effective_from), read_day(day)
    return first is None or today is None or first <= today


def contested_severity(day: str, liberty_day: str | None) -> Severity:
    """How grave it is that two are responsible, as of a day."""
    today, liberty = read_day(day), read_day(liberty_day or "")
    if today is None or liberty is None:
        return "S2"
    return "S1" if abs((liberty - today).days) <= NEAR_DAYS else "S2"


def read_officer(told: Any) -> Officer:
    """The officer that an assignment names; one in a later release's form is named as it came."""
    assignment = told if isinstance(told, Mapping) else {"staff_name": told}
    said = assignment.get("supporting")
    supporting = said if isinstance(said, Mapping) else {}
    return Officer(
        staff_id=str(assignment.get("staff_id", "")),
        staff_name=str(assignment.get("staff_name", "")),
        team=str(assignment.get("team", "")),
        side="prison" if assignment.get("side") == "prison" else "community",
        effective_from=str(assignment.get("effective_from", "")),
        supporting_id=supporting.get("staff_id"),
        supporting_name=supporting.get("staff_name"),
    )


def unreplaced(known: Mapping[OpId, Naming], begun: set[OpId]) -> tuple[Naming, ...]:
    """Those of `begun` whose place none other of them took, at once or through others."""
    waiting = [before for op_id in begun for before in known[op_id].replaces]
    gone: set[OpId] = set()
    while waiting:
        op_id = waiting.pop()
        if op_id not in gone:
            gone.add(op_id)
            waiting += known[op_id].replaces if op_id in known else ()
    return tuple(known[op_id] for op_id in begun - gone)


def distinct(namings: Iterable[Naming]) -> tuple[Naming, ...]:
    """Each officer once, the leading first: by effective date, then as the field itself shows."""
    ordered = sorted(
        namings, key=lambda one: (one.officer.effective_from, one.hlc, one.op_id), reverse=True
    )
    first = {one.officer: one for one in reversed(ordered)}
    return tuple(one for one in ordered if first[one.officer] is one)


def _contested_words(officers: Iterable[Officer]) -> str:
    named = " and ".join(f"{one.staff_name} ({short_place_name(one.team)})" for one in officers)
    return f"{named} are each recorded as responsible. Both remain so until somebody settles it."
