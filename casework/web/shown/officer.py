"""The page of the responsible officer in words: who leads and why, who was, what is due."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from casework.desk.conflicts import ConflictView
from casework.desk.desk import Source
from casework.desk.officer_record import OfficerRecord, Served
from casework.reference.in_use import place_name
from casework.rules.due import Due
from casework.rules.responsibility import LEAD_WORDS, InputVersion, Ruling
from casework.rules.responsible import Officer
from casework.rules.tier import Tier
from casework.web.officer_views import DueLine, ServedLine
from casework.web.shown.conflicts import conflict_row, finding_mark
from casework.web.shown.people import said_by
from casework.web.views import Banner, Mark, Row
from casework.web.words import iso_day, listed

SIDES: Final = {"prison": "In custody", "community": "In the community"}
OFFICER_KINDS: Final = frozenset(
    {
        "offender_manager",
        "responsibility_override",
        "handover",
        "early_allocation",
        "parole",
        "key_dates",
        "sentence",
    }
)
TIER_WORDS: Final = {
    "NOT_SUPERVISED": "None: not under supervision",
    "MISSING": "Not known: no reoffending predictors are recorded",
}
SAID_BY_CONFLICT: Final = frozenset({"responsibility_contested", "override_contested"})
"""Findings that an open conflict says already, with the link to settle it."""

KIND_WORDS: Final = {
    "sentence": "the sentence",
    "key_dates": "the key dates",
    "parole": "the parole review",
    "early_allocation": "the early allocation",
    "registration": "a registration",
}


def warning_rows(record: OfficerRecord, conflicts: Sequence[ConflictView]) -> tuple[Row, ...]:
    """What must be settled, each with where that is done, then what else is wrong."""
    ours = [one for one in conflicts if one.kind in OFFICER_KINDS]
    settled_there = {f"{one.kind}.{one.field}" for one in ours}
    hidden = SAID_BY_CONFLICT if settled_there else frozenset[str]()
    found = (
        Row(title=one.words, marks=(finding_mark(one.severity),))
        for one in record.findings
        if one.code not in hidden
    )
    return (*(conflict_row(one) for one in ours), *found)


def lead_banner(ruling: Ruling) -> Banner:
    """Who leads, in one sentence, and why."""
    lines = [f"{ruling.reason_words}."]
    if ruling.is_decided and ruling.by_rule is not None and ruling.by_rule != ruling.leads:
        lines.append(f"By the rules alone: {LEAD_WORDS[ruling.by_rule].lower()}.")
    if ruling.is_provisional:
        lines.append(f"Provisional: two places record {listed(list(ruling.disputed))} differently.")
    title = LEAD_WORDS.get(ruling.leads or "", "Not decided by the rules")
    return Banner(title, tuple(lines), "warn" if ruling.is_provisional else "plain")


def fact_lines(record: OfficerRecord, today: date) -> tuple[tuple[str, str], ...]:
    """The days and the people, each with its name."""
    case, ruling = record.case, record.case.ruling
    facts = [
        ("Sentenced", _day(case.sentenced_on)),
        (
            "Earliest release",
            f"{_day(ruling.earliest.on)} ({ruling.earliest.name})" if ruling.earliest else "",
        ),
        ("Community supports from", _day(ruling.starts_on)),
        ("Handover date", _day(ruling.handover_on)),
        ("Responsible", _responsible_words(record, today)),
        ("Supporting", _officer_words(case.supporting)),
        ("Co-working", _officer_words(case.co_working)),
        ("Key worker", _key_worker(record)),
        ("Sentence ends", _day(case.ends_on)),
        ("Tier", _tier_words(record.tier)),
    ]
    return tuple((name, words) for name, words in facts if words)


def rests_on(versions: Sequence[InputVersion]) -> str:
    """What the rules were given, and which version of it."""
    if not versions:
        return "No sentence or dates are known at this office."
    named = [_version_words(one) for one in versions]
    return f"Computed at this office from {listed(list(dict.fromkeys(named)))}."


def served_lines(record: OfficerRecord, today: date, now_ms: int) -> tuple[ServedLine, ...]:
    """The history, the newest first, with the days on which two were or nobody was responsible."""
    lines = [(one.since, _served_line(one, record, today, now_ms)) for one in record.served]
    for gap in record.gaps:
        until = _day(gap.until) if gap.until is not None else "Until now"
        mark = (Mark("Gap", "warn"),)
        lines.append(
            (gap.since, ServedLine("Nobody named", "", "", _day(gap.since), until, (), mark))
        )
    return tuple(line for _, line in sorted(lines, key=lambda one: one[0], reverse=True))


def due_lines(items: Sequence[Due], today: date) -> tuple[DueLine, ...]:
    """What is due, the earliest first."""
    return tuple(
        DueLine(
            one.words,
            f"Due {iso_day(one.due_on)}" + (" (past)" if one.due_on < today.isoformat() else ""),
            finding_mark(one.severity),
        )
        for one in items
    )


def _served_line(served: Served, record: OfficerRecord, today: date, now_ms: int) -> ServedLine:
    marks = [Mark("From a day to come", "calm")] if served.since > today else []
    if served.since <= today and (served.until is None or today < served.until):
        marks.append(Mark("Now", "good"))
    if any(_meets(served, one.since, one.until) for one in record.overlaps):
        marks.append(Mark("With another officer", "warn"))
    return ServedLine(
        served.officer.staff_name,
        place_name(served.officer.team),
        SIDES.get(served.officer.side, served.officer.side),
        _day(served.since),
        _day(served.until) if served.until is not None else "Lasts",
        tuple(_named_words(one, now_ms) for one in served.named_by),
        tuple(marks),
    )


def _meets(served: Served, since: date, until: date | None) -> bool:
    return (until is None or served.since < until) and (
        served.until is None or since < served.until
    )


def _named_words(source: Source, now_ms: int) -> str:
    return f"Named by {said_by(source, now_ms)}"


def _responsible_words(record: OfficerRecord, today: date) -> str:
    """Everybody who is responsible today; who is to come where nobody is yet."""
    now = [
        one.officer
        for one in record.served
        if one.since <= today and (one.until is None or today < one.until)
    ]
    every = now or [one for one in (record.case.responsible,) if one is not None]
    return "; and ".join(_officer_words(one) for one in every)


def _tier_words(tier: Tier) -> str:
    words = TIER_WORDS.get(tier.code, tier.code)
    why = " ".join(tier.provisional_because)
    return f"{words}, provisional. {why}" if why and tier.code not in TIER_WORDS else words


def _officer_words(officer: Officer | None) -> str:
    if officer is None:
        return ""
    since = iso_day(officer.effective_from)
    team = place_name(officer.team) if officer.team else ""
    return ", ".join(part for part in (officer.staff_name, team, f"from {since}") if part)


def _key_worker(record: OfficerRecord) -> str:
    work = record.key_work
    if not work or work.get("ended_on"):
        return ""
    prison = place_name(str(work.get("prison", "")))
    since = iso_day(str(work.get("effective_from") or ""))
    return f"{work.get('staff_name', '')}, {prison}, from {since}"


def _version_words(version: InputVersion) -> str:
    words = KIND_WORDS.get(version.kind, version.kind.replace("_", " "))
    if version.kind == "key_dates" and version.version:
        return f"{words} (calculation {version.version})"
    return f"{words} of {iso_day(version.version)}" if version.version else words


def _day(day: date | None) -> str:
    return iso_day(day.isoformat()) if day is not None else ""
