"""The logical ops of every workload, drawn from one seed: the same for each that is measured.

A change says which record of whom gets which values, and nothing of how it travels: to Throughcare
it becomes a signed op, to a document store a revision, to a shared document a transaction. The
people are made up; the same seed and size give the same changes on every machine.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bench.words import full_name, paragraph, sentence
from casework.records import REGISTRY
from sync_protocol.ids import RecordId, SubjectId, singleton_record, uuid7

SEED: Final = 20_261_122
CHANGES_PER_PERSON: Final = 200
NOTES_PER_PERSON: Final = 100
PERSON_FIELDS: Final = 24
ALERTS_RAISED: Final = 25
ALERTS_CHANGED: Final = 15
RISK_CHANGES: Final = 15
MOVEMENTS: Final = 12
IDENTIFIERS: Final = 8

BEGAN_MS: Final = 1_700_000_000_000
PERIOD_MS: Final = 2 * 365 * 24 * 3600 * 1000
DAY_MS: Final = 24 * 3600 * 1000
QUEUED_CHANGES: Final = 500
DAY_PEOPLE_MAX: Final = 20
NOTES_ACROSS: Final = 200

GATHERED: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(spec.name for spec in kind.fields.values() if spec.is_gathered)
    for name, kind in REGISTRY.kinds.items()
}
"""Per kind, the fields that keep every value: a document store needs a list there."""

_LEVELS: Final = ("low", "medium", "high", "very_high")
_RISK_FIELDS: Final = (
    "children_custody",
    "children_community",
    "public_custody",
    "public_community",
    "known_adult_custody",
    "known_adult_community",
    "staff_custody",
    "prisoners_custody",
    "self_harm",
)
_ASSERTIONS: Final = {
    "sex": ("M", "F", "NK"),
    "gender": ("M", "F", "N"),
    "ethnicity": ("W1", "W2", "A1", "A2", "B1", "B2", "M1", "O9"),
    "religion": ("CHRST", "MOS", "SIKH", "NIL", "BUDD"),
    "nationality": ("GB", "IE", "PL", "NG", "PK"),
    "languages": ("ENG", "POL", "URD", "PAN", "RUM-RON"),
}
_SOURCES: Final = ("PRISON", "PNC", "SELF", "COURT")
_ALERTS: Final = (
    ("X", "XA"),
    ("H", "HA"),
    ("V", "VIP"),
    ("R", "RKC"),
    ("M", "MAS"),
    ("P", "PC1"),
)
_NOTES: Final = (
    ("GEN", "HIS"),
    ("KA", "KS"),
    ("KA", "KE"),
    ("POS", "IEP_ENC"),
    ("POS", "QUAL_WK"),
    ("OMIC", "OMIC_OPEN"),
    ("CHAP", "FAITH"),
    ("OBSERVE", "GYM"),
)
_COURTS: Final = ("LEEDCC", "BRADCC", "YORKCC", "HULLCC")

PRISON: Final = "LEI"
"""Where everybody in the workloads is, and whose node writes them."""
UNIT: Final = "N55LEE"
"""Where their responsible officer works, so that its node holds them too."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One change to one record, whoever stores it."""

    kind: str
    subject: SubjectId
    record: RecordId
    values: dict[str, Any]
    happened_at: int


class Conflict(msgspec.Struct, frozen=True):
    """Records that both spokes hold, and what each writes to them unseen by the other."""

    before: tuple[Change, ...]
    mine: tuple[Change, ...]
    theirs: tuple[Change, ...]


class OfflineDay(msgspec.Struct, frozen=True):
    """What the centre has already, and what then queues at a spoke."""

    before: tuple[Change, ...]
    queued: tuple[Change, ...]


def caseload(people: int, *, seed: int = SEED) -> list[Change]:
    """W1: 200 changes for each person, in the order in which they happened."""
    changes = [change for number in range(people) for change in _life(number, seed)]
    changes.sort(key=lambda change: change.happened_at)
    return changes


def one_note(notes: int = NOTES_ACROSS, *, seed: int = SEED) -> tuple[list[Change], list[Change]]:
    """W2: a person whom both offices hold, and the notes written about them one at a time."""
    rng = random.Random(f"note {seed}")
    person = _person_id(rng)
    return _held_by_both(rng, person), [
        _note(rng, person, BEGAN_MS + DAY_MS + at * 60_000) for at in range(notes)
    ]


def offline_day(people: int, *, seed: int = SEED) -> OfflineDay:
    """W3: a caseload at the centre, then 500 changes about the same people."""
    rng = random.Random(f"day {seed}")
    before = caseload(people, seed=seed)
    subjects = sorted({change.subject for change in before})
    start = BEGAN_MS + PERIOD_MS
    queued = [
        _daily(rng, rng.choice(subjects), start + at * (DAY_MS // QUEUED_CHANGES))
        for at in range(QUEUED_CHANGES)
    ]
    return OfflineDay(tuple(before), tuple(queued))


def conflict(records: int, *, seed: int = SEED) -> Conflict:
    """W4: two spokes name another responsible officer for the same people, apart."""
    rng = random.Random(f"conflict {seed}")
    before: list[Change] = []
    mine: list[Change] = []
    theirs: list[Change] = []
    for _ in range(records):
        person = _person_id(rng)
        before += _held_by_both(rng, person)
        mine.append(_assign(rng, person, BEGAN_MS + 30 * DAY_MS, PRISON))
        theirs.append(_assign(rng, person, BEGAN_MS + 31 * DAY_MS, UNIT))
    return Conflict(tuple(before), tuple(mine), tuple(theirs))


def taken_over(people: int, *, seed: int = SEED) -> list[Change]:
    """W5: a caseload, and for each person an officer of the unit that is to receive it."""
    rng = random.Random(f"taken over {seed}")
    changes = caseload(people, seed=seed)
    subjects = dict.fromkeys(change.subject for change in changes)
    at = BEGAN_MS + PERIOD_MS
    return [*changes, *(_assign(rng, subject, at, UNIT) for subject in subjects)]


def long_life(years: int = 10, *, seed: int = SEED) -> list[Change]:
    """Somebody who has been known for long: 200 changes a year, and an officer of the unit."""
    rng = random.Random(f"long life {seed}")
    first = list(_life(0, seed))
    more = [
        msgspec.structs.replace(change, subject=first[0].subject, record=record)
        for year in range(1, years)
        for change in list(_life(year, seed))[1:]
        for record in [_record_of(change, first[0].subject)]
    ]
    officer = _assign(rng, first[0].subject, BEGAN_MS + PERIOD_MS, UNIT)
    return [*first, *more, officer]


def parts_of(name: str, people: int) -> dict[str, Sequence[Change]]:
    """The named parts of a workload, as every contender is given them."""
    if name == "w1":
        return {"ops": caseload(people)}
    if name == "w5":
        return {"ops": taken_over(people)}
    if name == "w2":
        opening, notes = one_note()
        return {"ops": opening, "notes": notes}
    if name == "w3":
        day = offline_day(min(people, DAY_PEOPLE_MAX))
        return {"ops": day.before, "queued": day.queued}
    assert name == "w4", f"{name} has no changes of its own"
    apart = conflict(people)
    return {"ops": apart.before, "mine": apart.mine, "theirs": apart.theirs}


def plain(change: Change) -> dict[str, Any]:
    """The change as JSON for a peer: ids in hex, as they are in ours."""
    return {
        "kind": change.kind,
        "subjects": [change.subject.hex()],
        "record": change.record.hex(),
        "values": change.values,
        "happened_at": change.happened_at,
    }


def peer_lines(parts: Mapping[str, Sequence[Change]]) -> Iterator[bytes]:
    """The lines of the file that a peer's script reads: the gathered fields, then each part."""
    encode = msgspec.json.encode
    yield encode({"name": "gathered", "rows": GATHERED})
    for name, changes in parts.items():
        for change in changes:
            yield encode({"part": name, "op": plain(change)})


def _life(number: int, seed: int) -> Iterator[Change]:
    """Everything about one person; what belongs to another change comes after it."""
    rng = random.Random(f"person {seed} {number}")
    person = _person_id(rng)
    first = BEGAN_MS + rng.randrange(90 * DAY_MS)
    yield _create(rng, person, first)

    def later(after: int = first) -> int:
        return after + 1 + rng.randrange(BEGAN_MS + PERIOD_MS - after)

    for _ in range(PERSON_FIELDS):
        yield _assertion(rng, person, later())
    raised = [_alert(rng, person, later()) for _ in range(ALERTS_RAISED)]
    yield from raised
    for alert in rng.sample(raised, ALERTS_CHANGED):
        yield _alert_change(rng, alert, later(alert.happened_at))
    for _ in range(RISK_CHANGES):
        yield _risk(rng, person, later())
    for place, at in enumerate(sorted(later() for _ in range(MOVEMENTS))):
        yield _movement(rng, person, at, is_in=place % 2 == 0)
    for _ in range(IDENTIFIERS):
        yield _identifier(rng, person, later())
    for _ in range(NOTES_PER_PERSON):
        yield _note(rng, person, later())


def _daily(rng: random.Random, person: SubjectId, at: int) -> Change:
    """What an office writes in a day: mostly notes."""
    writes = rng.choices((_note, _alert, _risk, _assertion), (70, 12, 10, 8))[0]
    return writes(rng, person, at)


def _create(rng: random.Random, person: SubjectId, at: int) -> Change:
    first, last = full_name(rng)
    born = f"{rng.randint(1950, 2006)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    said = {"source": "PRISON", "asserted_on": _day(at)}
    name = {"first": first, "last": last, "kind": "legal", **said}
    values = {"names": name, "date_of_birth": {"value": born, **said}}
    return Change("person", person, singleton_record(person, "person"), values, at)


def _assertion(rng: random.Random, person: SubjectId, at: int) -> Change:
    field = rng.choice(("names", *_ASSERTIONS))
    said: dict[str, Any] = {"source": rng.choice(_SOURCES), "asserted_on": _day(at)}
    if field == "names":
        first, last = full_name(rng)
        said |= {"first": first, "last": last, "kind": "alias"}
    else:
        said["value"] = rng.choice(_ASSERTIONS[field])
    return Change("person", person, singleton_record(person, "person"), {field: said}, at)


def _alert(rng: random.Random, person: SubjectId, at: int) -> Change:
    type_code, code = rng.choice(_ALERTS)
    values = {
        "code": code,
        "type": type_code,
        "description": sentence(rng),
        "authorised_by": " ".join(full_name(rng)),
        "active_from": _day(at),
        "active_to": None,
        "status": "open",
    }
    return Change("alert", person, _record_id(rng, at), values, at)


def _alert_change(rng: random.Random, alert: Change, at: int) -> Change:
    values: dict[str, Any] = {"description": sentence(rng)}
    if rng.random() < 0.6:
        values = {"status": "closed", "closed_reason": sentence(rng)}
    return Change("alert", alert.subject, alert.record, values, at)


def _risk(rng: random.Random, person: SubjectId, at: int) -> Change:
    grounds = {"text": sentence(rng), "author": " ".join(full_name(rng)), "written_on": at}
    values = {rng.choice(_RISK_FIELDS): rng.choice(_LEVELS), "grounds": grounds}
    return Change("risk", person, singleton_record(person, "risk"), values, at)


def _movement(rng: random.Random, person: SubjectId, at: int, *, is_in: bool) -> Change:
    """Into the prison, or out to a court for the day."""
    court = rng.choice(_COURTS)
    values = {
        "type": rng.choice(("ADM", "CRT")) if is_in else "CRT",
        "reason": rng.choice(("INT", "CRT", "19", "V")),
        "direction": "IN" if is_in else "OUT",
        "from_place": court if is_in else PRISON,
        "to_place": PRISON if is_in else court,
        "escort": rng.choice(("PECS", "U", None)),
        "occurred_at": at,
    }
    return Change("movement", person, _record_id(rng, at), values, at)


def _identifier(rng: random.Random, person: SubjectId, at: int) -> Change:
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    value = f"{rng.choice(letters)}{rng.randint(1000, 9999)}{''.join(rng.choices(letters, k=2))}"
    values = {
        "type": rng.choice(("NOMS", "CRN", "PNC", "CRO")),
        "value": value,
        "check": "unchecked",
        "source": rng.choice(_SOURCES),
        "first_seen": _day(at),
    }
    return Change("identifier", person, _record_id(rng, at), values, at)


def _note(rng: random.Random, person: SubjectId, at: int) -> Change:
    type_code, subtype = rng.choice(_NOTES)
    text = {"text": paragraph(rng), "author": " ".join(full_name(rng)), "written_on": at}
    values = {
        "type": type_code,
        "subtype": subtype,
        "occurred_at": at - rng.randrange(3_600_000),
        "text": {**text, "amends": False},
        "sensitive": rng.random() < 0.05,
        "status": "open",
    }
    return Change("case_note", person, _record_id(rng, at), values, at)


def _held_by_both(rng: random.Random, person: SubjectId) -> list[Change]:
    """Somebody new who is in the prison and supervised by the unit."""
    return [
        _create(rng, person, BEGAN_MS),
        _movement(rng, person, BEGAN_MS + 1, is_in=True),
        _assign(rng, person, BEGAN_MS + DAY_MS, UNIT),
    ]


def _assign(rng: random.Random, person: SubjectId, at: int, team: str) -> Change:
    values = {
        "assignment": {
            "staff_id": rng.randbytes(16).hex(),
            "staff_name": " ".join(full_name(rng)),
            "team": team,
            "side": "prison" if team == PRISON else "community",
            "effective_from": _day(at),
            "supporting": None,
        }
    }
    record = singleton_record(person, "offender_manager")
    return Change("offender_manager", person, record, values, at)


def _person_id(rng: random.Random) -> SubjectId:
    return SubjectId(uuid7(BEGAN_MS, rng.randbytes(10)))


def _record_of(change: Change, subject: SubjectId) -> RecordId:
    """The record that the same change has where it is about somebody else."""
    is_single = change.record == singleton_record(change.subject, change.kind)
    return singleton_record(subject, change.kind) if is_single else change.record


def _record_id(rng: random.Random, at: int) -> RecordId:
    return RecordId(uuid7(at, rng.randbytes(10)))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


assert (
    1
    + PERSON_FIELDS
    + ALERTS_RAISED
    + ALERTS_CHANGED
    + RISK_CHANGES
    + MOVEMENTS
    + IDENTIFIERS
    + NOTES_PER_PERSON
    == CHANGES_PER_PERSON
)
