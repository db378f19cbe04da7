"""Looks for unusual browsing once an hour, and keeps what it found until somebody has asked.

The rules are in `casework.rules.browsing`; what they need of the record (whose caseload somebody
is, which wing, who shares a surname or an address with an officer) is read here. What an auditor
finds on asking is kept beside it and in the audit; nobody reviews what is said of themselves.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.trail import bring_up, check_not_own, officer_name, select_lines
from casework.rules.browsing import (
    AGAIN_DAYS,
    AGAIN_WITHIN_DAYS,
    RARE_SURNAME_MAX,
    Look,
    Officer,
    Unusual,
    again_and_again,
    unusual_in_day,
)
from casework.rules.rows import DAY_MS, LONDON
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import NO_ACTOR, ActorId, SubjectId
from sync_protocol.io.reading import Reading

TIED_FOR_MS: Final = 28 * DAY_MS
"""Of whom an officer wrote within so long is of their work."""
TIES: Final = {
    "offender_manager": ("assignment", "supporting", "co_working"),
    "key_worker": ("allocation",),
    "referral": (),
    "appointment": (),
}
"""The kinds that name an officer for a person, and in which fields (none named: in all)."""
OUTCOMES: Final = {
    "explained": "There was a good reason",
    "to_follow_up": "To be followed up with the line manager",
    "misuse": "No good reason was found",
}
WHY_CHARACTERS_MAX: Final = 2_000

MORNING_HOUR: Final = 6
"""Until then what was done before midnight may still come, and is looked at again."""
_AGAIN: Final = (
    "act IN ('read', 'export') AND subject NOT NULL GROUP BY actor, subject"
    f" HAVING count(DISTINCT at_ms / {DAY_MS}) >= {AGAIN_DAYS}"
)
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS unusual_browsing (
    officer BLOB NOT NULL, day TEXT NOT NULL, code TEXT NOT NULL, words TEXT NOT NULL,
    count INTEGER NOT NULL, found_ms INTEGER NOT NULL, outcome TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '', reviewer BLOB, reviewed_ms INTEGER,
    PRIMARY KEY(officer, day, code)
) STRICT, WITHOUT ROWID
"""


class UnusualView(msgspec.Struct, frozen=True):
    """Something unusual in an officer's day, and what came of asking."""

    officer: ActorId
    officer_name: str
    day: str
    code: str
    words: str
    found_ms: int
    outcome: str
    why: str
    reviewer_name: str


def note_unusual(desk: Desk) -> int:
    """Look at every officer's today, until morning at yesterday too, and keep what is unusual.

    How many there are now.
    """
    bring_up(desk)
    now = datetime.fromtimestamp(desk.now_ms() / 1000, LONDON)
    days = [now.date()]
    if now.hour < MORNING_HOUR:
        days.append(now.date() - timedelta(days=1))
    with desk.store.reading() as reading:
        found = [
            (officer, day.isoformat(), one)
            for day in days
            for officer in _officers(desk, reading, "subject NOT NULL", _span(day))
            for one in _unusual(desk, reading, officer, day)
        ]
    _keep(desk, found)
    return len(found)


def note_followed(desk: Desk) -> int:
    """Look for whoever opens one person again and again, over a fortnight; how many they are."""
    bring_up(desk)
    today = datetime.fromtimestamp(desk.now_ms() / 1000, LONDON).date()
    span = _begin_ms(today - timedelta(days=AGAIN_WITHIN_DAYS - 1)), _end_ms(today)
    found = []
    with desk.store.reading() as reading:
        for officer in _officers(desk, reading, _AGAIN, span):
            looks = _looks_of(desk, reading, officer, span)
            known = officer_of(desk, reading, officer, {one.person for one in looks}, span[0])
            one = again_and_again(looks, known)
            if one is not None:
                found.append((officer, today.isoformat(), one))
    _keep(desk, found)
    return len(found)


def unusual(desk: Desk, caller: Caller) -> tuple[UnusualView, ...]:
    """What was found, what still waits first, then the newest; nothing of the auditor's own."""
    gate.allow(desk, caller, "read_audit")
    sql = (
        "SELECT officer, day, code, words, found_ms, outcome, why, reviewer FROM unusual_browsing"
        " WHERE officer <> ? ORDER BY outcome <> '', day DESC, count DESC"
    )
    with desk.store.reading() as reading:
        rows = reading.select(sql, (caller.staff,)) if _is_made(reading) else []
    gate.witness(desk, caller, "read_audit", (), detail=f"unusual browsing, {len(rows)} shown")
    return tuple(_view(desk, row) for row in rows)


class Reviewed(msgspec.Struct, frozen=True):
    """What came of asking about something unusual: whose, of which day, by which rule."""

    officer: ActorId
    day: str
    code: str
    outcome: str
    why: str


def review(desk: Desk, caller: Caller, reviewed: Reviewed) -> None:
    """Note what came of asking. Nobody does so of themselves."""
    gate.allow(desk, caller, "read_audit")
    officer, outcome, why = reviewed.officer, reviewed.outcome, reviewed.why
    check_not_own(desk, caller, officer)
    if outcome not in OUTCOMES or not 0 < len(why.strip()) <= WHY_CHARACTERS_MAX:
        raise InvalidValue("an outcome of the list, and in your words what you found")
    with desk.store.changing() as transaction:
        changed = transaction.execute(
            "UPDATE unusual_browsing SET outcome = ?, why = ?, reviewer = ?, reviewed_ms = ?"
            " WHERE officer = ? AND day = ? AND code = ? RETURNING 1",
            (
                outcome,
                why.strip(),
                caller.staff,
                desk.now_ms(),
                officer,
                reviewed.day,
                reviewed.code,
            ),
        )
        if not changed:
            raise NotFound("what is to be reviewed")
        detail = f"{officer.hex()} {reviewed.day} {reviewed.code} {outcome}"
        gate.witness(desk, caller, "browsing_reviewed", (), why=why.strip(), detail=detail)


def _keep(desk: Desk, found: Iterable[tuple[ActorId, str, Unusual]]) -> None:
    with desk.store.changing() as transaction:
        transaction.execute(_TABLE)
        for officer, day_text, one in found:
            # Found again with more: the same thing, and what was said of it stays.
            transaction.execute(
                "INSERT INTO unusual_browsing(officer, day, code, words, count, found_ms)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET words = excluded.words,"
                " count = excluded.count WHERE excluded.count > count",
                (officer, day_text, one.code, one.words, one.count, desk.now_ms()),
            )


def _unusual(desk: Desk, reading: Reading, officer: ActorId, day: date) -> Iterable[Unusual]:
    looks = _looks_of(desk, reading, officer, _span(day))
    people = frozenset(one.person for one in looks)
    # Whatever is of their work only takes away: who is usual without it needs no closer look.
    alone = Officer(close=_close(desk, reading, officer, people))
    if unusual_in_day(looks, alone):
        known = officer_of(desk, reading, officer, people, _begin_ms(day))
        yield from unusual_in_day(looks, known)


def _officers(desk: Desk, reading: Reading, where: str, span: tuple[int, int]) -> list[ActorId]:
    whole = f"at_ms >= ? AND at_ms < ? AND actor <> ? AND {where}"
    rows = select_lines(desk, reading, "DISTINCT actor", whole, (*span, NO_ACTOR))
    return [ActorId(row[0]) for row in rows]


def _looks_of(desk: Desk, reading: Reading, officer: ActorId, span: tuple[int, int]) -> list[Look]:
    """What an officer did to whom in a span of time, oldest first."""
    where = "actor = ? AND at_ms >= ? AND at_ms < ? AND subject NOT NULL ORDER BY at_ms, line_no"
    columns = "subject, at_ms, act, detail"
    return [
        Look(person=SubjectId(subject), at_ms=at_ms, act=act, detail=detail)
        for subject, at_ms, act, detail in select_lines(
            desk, reading, columns, where, (officer, *span)
        )
    ]


def officer_of(
    desk: Desk, reading: Reading, officer: ActorId, people: Iterable[SubjectId], at_ms: int
) -> Officer:
    """What the record here tells of an officer's work, as far as these people are concerned."""
    asked = frozenset(people)
    written = select_lines(
        desk,
        reading,
        "DISTINCT subject",
        # That a record was opened with a reason is written too, and ties nobody to it.
        "actor = ? AND act = 'write' AND detail NOT LIKE 'break_glass %'"
        " AND at_ms >= ? AND at_ms < ?",
        (officer, at_ms - TIED_FOR_MS, desk.now_ms() + DAY_MS),
    )
    ties = {SubjectId(row[0]) for row in written if row[0]} | _named_for(desk, reading, officer)
    rest = asked - ties
    return Officer(
        ties=ties & asked,
        wings={one: wing for one in rest if (wing := _wing(reading, one))},
        close=_close(desk, reading, officer, rest),
    )


def _named_for(desk: Desk, reading: Reading, officer: ActorId) -> set[SubjectId]:
    """The people for whom a record names this officer."""
    named: set[SubjectId] = set()
    for kind, fields in TIES.items():
        if kind not in desk.registry.kinds:
            continue
        shown = fields or tuple(desk.registry.known(kind).fields)
        # Kind and fields are the registry's, never what somebody typed.
        says = " OR ".join(f'instr("{field}", ?)' for field in shown)
        sql = f'SELECT DISTINCT subject FROM "{kind}" WHERE {says}'  # noqa: S608
        rows = reading.select(sql, (officer.hex(),) * len(shown))
        named |= {SubjectId(row[0]) for row in rows}
    return named


def _wing(reading: Reading, person: SubjectId) -> str:
    """Prison and wing, out of the key of the cell (`LEI-A-1-003`); empty where none is known."""
    rows = reading.select("SELECT location FROM cell WHERE subject = ?", (person,))
    parts = str(rows[0][0] or "").split("-") if rows else []
    return "-".join(parts[:2]) if len(parts) > 1 else ""


def _close(
    desk: Desk, reading: Reading, officer: ActorId, people: frozenset[SubjectId]
) -> frozenset[SubjectId]:
    """Of these people, those with the officer's own surname, where few here have it."""
    name = (desk.staff_name(officer) or "").split()
    if not name:
        return frozenset()
    alike = [
        row.key.subjects[0]
        for row in reading.search("person", name[-1], RARE_SURNAME_MAX + 1)
        if _has_surname(row.values.get("names"), name[-1])
    ]
    return frozenset(alike) & people if len(alike) <= RARE_SURNAME_MAX else frozenset()


def _has_surname(names: Any, surname: str) -> bool:
    every = names if isinstance(names, list | tuple) else [names]
    wanted = surname.casefold()
    return any(isinstance(one, dict) and str(one.get("last", "")).casefold() == wanted
               for one in every)  # fmt: skip


def _span(day: date) -> tuple[int, int]:
    return _begin_ms(day), _end_ms(day)


def _begin_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp() * 1000)


def _end_ms(day: date) -> int:
    return _begin_ms(day + timedelta(days=1))


def _is_made(reading: Reading) -> bool:
    return bool(reading.select("SELECT 1 FROM sqlite_master WHERE name = 'unusual_browsing'"))


def _view(desk: Desk, row: tuple[Any, ...]) -> UnusualView:
    officer, day, code, words, found_ms, outcome, why, reviewer = row
    return UnusualView(
        officer=ActorId(officer),
        officer_name=officer_name(desk, ActorId(officer)),
        day=day,
        code=code,
        words=words,
        found_ms=found_ms,
        outcome=outcome,
        why=why,
        reviewer_name=officer_name(desk, ActorId(reviewer)) if reviewer else "",
    )
