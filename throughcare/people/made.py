"""Makes the people of a demonstration: who they are, where they are held, and what is known.

The same seed, day and offices give the same people. Each is recorded by the office that holds
them, in acts as its staff would write them; nothing here reads or writes a store.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final, Literal

import msgspec

from casework.records.files import pair_of, pair_record
from sync_protocol.author import Act, Draft
from sync_protocol.ids import ActorId, RecordId, SubjectId, singleton_record, uuid7
from throughcare.people import circumstances, names, note_texts, numbers

DEVICE: Final = "first-load"
DAY_MS: Final = 24 * 60 * 60 * 1000
NOTES_USUAL: Final = (3, 12)
FEMALE_SHARE: Final = 0.15
COMMUNITY_LED_SHARE: Final = 0.4
PAIRS_SHARE: Final = 0.03

Standing = Literal["held", "released", "order"]


class Officer(msgspec.Struct, frozen=True):
    """A member of staff who writes and who may be responsible for people."""

    staff: ActorId
    name: str


class Office(msgspec.Struct, frozen=True):
    """A prison or a delivery unit, and its officers."""

    code: str
    kind: Literal["prison", "probation"]
    officers: tuple[Officer, ...]


class OfficeAct(msgspec.Struct, frozen=True):
    """An act, and the office whose node is to write it."""

    office: str
    act: Act


class MadePerson(msgspec.Struct, frozen=True):
    """One synthetic person and the acts that record them."""

    id: SubjectId
    name: names.MadeName
    office: str
    unit: str | None
    """The delivery unit whose officer is responsible, where one is."""
    standing: Standing
    acts: tuple[Act, ...]


class _Scene(msgspec.Struct, frozen=True):
    """What every step of making one person needs."""

    chance: Random
    now_ms: int
    office: Office
    units: tuple[Office, ...]
    standing: Standing
    since_ms: int

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.now_ms / 1000, UTC).date()

    @property
    def source(self) -> str:
        return self.office.kind.upper()


def make_people(
    count: int, *, offices: Sequence[Office], seed: int, now_ms: int
) -> tuple[MadePerson, ...]:
    """That many people, spread over the offices as a caseload is."""
    # S311 asks for secure chance: these people are meant to come out the same every time.
    chance = Random(f"throughcare people {seed}")  # noqa: S311
    prisons = [office for office in offices if office.kind == "prison"]
    units = tuple(office for office in offices if office.kind == "probation")
    assert prisons, "somebody must hold people"
    return tuple(_make_person(_draw_scene(chance, prisons, units, now_ms)) for _ in range(count))


def make_pairs(people: Sequence[MadePerson], *, seed: int, now_ms: int) -> tuple[OfficeAct, ...]:
    """Non-associations between some who are held at the same prison."""
    chance = Random(f"throughcare pairs {seed}")  # noqa: S311
    made = []
    for office in sorted({one.office for one in people if one.standing == "held"}):
        held = [one for one in people if one.office == office and one.standing == "held"]
        for _ in range(round(len(held) * PAIRS_SHARE)):
            one, other = chance.sample(held, 2)
            made.append(OfficeAct(office, _pair_act(chance, one, other, now_ms)))
    return tuple(made)


def _draw_scene(
    chance: Random, prisons: Sequence[Office], units: tuple[Office, ...], now_ms: int
) -> _Scene:
    # The first prison is the larger: a local prison that receives from the courts.
    weights: tuple[int, ...] = (62, *(38 for _ in prisons[1:]))
    kinds: tuple[Standing, ...] = ("held", "released", "order")
    standing = chance.choices(kinds, weights=(72, 12, 16))[0] if units else "held"
    office = chance.choice(units) if standing == "order" else chance.choices(prisons, weights)[0]
    days = chance.randint(2, 420) if standing != "released" else chance.randint(120, 500)
    since_ms = now_ms - days * DAY_MS - chance.randrange(DAY_MS)
    return _Scene(chance, now_ms, office, units, standing, since_ms)


def _make_person(scene: _Scene) -> MadePerson:
    chance = scene.chance
    person = SubjectId(uuid7(scene.since_ms, chance.randbytes(10)))
    origin = names.draw_origin(chance)
    # The prisons of the demonstration hold men.
    is_female = scene.standing == "order" and chance.random() < FEMALE_SHARE
    name = names.draw_name(chance, origin, is_female=is_female)
    officer = chance.choice(scene.office.officers)
    unit = _draw_unit(scene)
    drafts = [
        *_identity(scene, person, name, origin, is_female=is_female),
        *_numbers(scene, person),
        *_movements(scene, person),
        *_place(scene, person, officer, unit),
        *_risk(scene, person, officer),
        *_alerts(scene, person, officer),
    ]
    acts = [Act(actor=officer.staff, device=DEVICE, drafts=tuple(drafts))]
    acts += _notes(scene, person, name, is_female=is_female)
    code = unit.code if unit is not None else None
    return MadePerson(person, name, scene.office.code, code, scene.standing, tuple(acts))


def _draw_unit(scene: _Scene) -> Office | None:
    if scene.standing == "order":
        return scene.office
    if not scene.units:
        return None
    is_community_led = scene.standing == "released" or scene.chance.random() < COMMUNITY_LED_SHARE
    return scene.chance.choice(scene.units) if is_community_led else None


def _identity(
    scene: _Scene,
    person: SubjectId,
    name: names.MadeName,
    origin: names.Origin,
    *,
    is_female: bool,
) -> Iterator[Draft]:
    chance, on = scene.chance, _day(scene.since_ms)
    born = scene.today - timedelta(days=chance.randint(19 * 365, 68 * 365))

    def said(value: str) -> dict[str, str]:
        return {"value": value, "source": scene.source, "asserted_on": on}

    values: dict[str, Any] = {
        "names": _name(name, "legal", scene.source, on),
        "date_of_birth": said(born.isoformat()),
        "sex": said("F" if is_female else "M"),
        "ethnicity": said(chance.choice(origin.ethnicities)),
        "languages": said(chance.choice(origin.languages)),
    }
    yield _single(scene, person, "person", values)
    if chance.random() < 0.15:
        alias = names.draw_name(chance, origin, is_female=is_female)
        called = names.MadeName(alias.first, name.last)
        yield _single(scene, person, "person", {"names": _name(called, "alias", "SELF", on)})


def _numbers(scene: _Scene, person: SubjectId) -> Iterator[Draft]:
    chance, year = scene.chance, scene.today.year - scene.chance.randint(1, 24)
    known: list[tuple[str, str, str]] = [("PNC", numbers.pnc_number(chance, year), "valid")]
    if chance.random() < 0.6:
        known.append(("CRO", numbers.cro_number(chance, year), "valid"))
    if scene.standing != "order":
        known.append(("NOMS", numbers.noms_number(chance), "unchecked"))
    if scene.standing != "held" or chance.random() < 0.7:
        known.append(("CRN", numbers.crn(chance), "unchecked"))
    for number_type, value, check in known:
        yield _draft(
            scene,
            person,
            "identifier",
            {
                "type": number_type,
                "value": value,
                "check": check,
                "source": scene.source,
                "first_seen": _day(scene.since_ms),
            },
        )


def _movements(scene: _Scene, person: SubjectId) -> Iterator[Draft]:
    if scene.standing == "order":
        return
    chance, code = scene.chance, scene.office.code
    reason, came_from = chance.choice((("N", None), ("V", None), ("I", None), ("L", None)))
    if code != "LEI" and chance.random() < 0.7:
        reason, came_from = "INT", chance.choice(("HLI", "DNI", "WEI"))
    yield _movement(scene, person, ("ADM", reason, "IN"), (came_from, code), scene.since_ms)
    if scene.standing == "released":
        left_ms = min(scene.now_ms - DAY_MS, scene.since_ms + chance.randint(60, 110) * DAY_MS)
        yield _movement(scene, person, ("REL", "CR", "OUT"), (code, None), left_ms)


def _movement(
    scene: _Scene,
    person: SubjectId,
    what: tuple[str, str, str],
    places: tuple[str | None, str | None],
    at_ms: int,
) -> Draft:
    values = {
        "type": what[0],
        "reason": what[1],
        "direction": what[2],
        "from_place": places[0],
        "to_place": places[1],
        "escort": "PECS" if what[2] == "IN" else None,
        "occurred_at": at_ms,
    }
    return _draft(scene, person, "movement", values, at_ms=at_ms)


def _place(
    scene: _Scene, person: SubjectId, officer: Officer, unit: Office | None
) -> Iterator[Draft]:
    if scene.standing == "held":
        cell = circumstances.draw_cell(scene.chance, scene.office.code)
        yield _single(scene, person, "cell", {"location": cell})
    leading = officer if unit is None else scene.chance.choice(unit.officers)
    assignment: dict[str, Any] = {
        "staff_id": leading.staff.hex(),
        "staff_name": leading.name,
        "team": scene.office.code if unit is None else unit.code,
        "side": "prison" if unit is None else "community",
        "effective_from": _day(scene.since_ms + DAY_MS),
        "supporting": None,
    }
    if unit is not None and scene.standing == "held":
        assignment["supporting"] = {"staff_id": officer.staff.hex(), "staff_name": officer.name}
    yield _single(scene, person, "offender_manager", {"assignment": assignment})


def _risk(scene: _Scene, person: SubjectId, officer: Officer) -> Iterator[Draft]:
    prison = scene.office.code if scene.standing == "held" else None
    values: dict[str, Any] = dict(circumstances.draw_risk(scene.chance, prison=prison))
    values["grounds"] = {
        "text": scene.chance.choice(circumstances.GROUNDS),
        "author": officer.name,
        "written_on": scene.since_ms + DAY_MS,
    }
    yield _single(scene, person, "risk", values)


def _alerts(scene: _Scene, person: SubjectId, officer: Officer) -> Iterator[Draft]:
    for kind in circumstances.draw_alerts(scene.chance):
        from_ms = _between(scene)
        ends = scene.today + timedelta(days=scene.chance.randint(3, circumstances.DAYS_TO_REVIEW))
        values = {
            "code": kind.code,
            "type": kind.type,
            "description": scene.chance.choice(kind.texts),
            "authorised_by": officer.name,
            "active_from": _day(from_ms),
            "active_to": ends.isoformat() if scene.chance.random() < 0.4 else None,
            "status": "open",
        }
        yield _draft(scene, person, "alert", values, at_ms=from_ms)


def _notes(scene: _Scene, person: SubjectId, name: names.MadeName, *, is_female: bool) -> list[Act]:
    side: note_texts.Side = "prison" if scene.office.kind == "prison" else "community"
    called = f"{'Ms' if is_female else 'Mr'} {name.last}"
    moments = sorted(_between(scene) for _ in range(scene.chance.randint(*NOTES_USUAL)))
    by_officer: dict[Officer, list[Draft]] = {}
    for at_ms in moments:
        author = scene.chance.choice(scene.office.officers)
        note = note_texts.draw_note(scene.chance, side=side, name=called, is_female=is_female)
        values = {
            "type": note.type,
            "subtype": note.subtype,
            "occurred_at": at_ms,
            "text": {
                "text": note.text,
                "author": author.name,
                "written_on": at_ms + scene.chance.randint(5, 90) * 60_000,
                "amends": False,
            },
            "sensitive": note.is_sensitive,
            "status": "open",
        }
        draft = _draft(scene, person, "case_note", values, at_ms=at_ms)
        by_officer.setdefault(author, []).append(draft)
    return [
        Act(actor=author.staff, device=DEVICE, drafts=tuple(drafts))
        for author, drafts in by_officer.items()
    ]


def _pair_act(chance: Random, one: MadePerson, other: MadePerson, now_ms: int) -> Act:
    values = {
        "reason": chance.choice(circumstances.APART_REASONS),
        "restriction": chance.choice(("CELL", "LANDING", "WING", "WING")),
        "status": "open",
        "comment": chance.choice(circumstances.APART_TEXTS),
    }
    draft = Draft(
        kind="non_association",
        subjects=pair_of(one.id, other.id),
        record=pair_record("non_association", one.id, other.id),
        values=values,
        happened_at=now_ms - chance.randint(1, 200) * DAY_MS,
    )
    return Act(actor=one.acts[0].actor, device=DEVICE, drafts=(draft,))


def _name(name: names.MadeName, kind: str, source: str, on: str) -> dict[str, Any]:
    return {
        "first": name.first,
        "middle": name.middle,
        "last": name.last,
        "kind": kind,
        "source": source,
        "asserted_on": on,
    }


def _single(scene: _Scene, person: SubjectId, kind: str, values: dict[str, Any]) -> Draft:
    return Draft(
        kind=kind,
        subjects=(person,),
        record=singleton_record(person, kind),
        values=values,
        happened_at=scene.since_ms,
    )


def _draft(
    scene: _Scene,
    person: SubjectId,
    kind: str,
    values: dict[str, Any],
    *,
    at_ms: int | None = None,
) -> Draft:
    at_ms = scene.since_ms if at_ms is None else at_ms
    record = RecordId(uuid7(at_ms, scene.chance.randbytes(10)))
    return Draft(kind=kind, subjects=(person,), record=record, values=values, happened_at=at_ms)


def _between(scene: _Scene) -> int:
    """A moment since the person came, by day rather than by night."""
    first = max(scene.since_ms, scene.now_ms - 150 * DAY_MS)
    moment = scene.chance.randrange(first, scene.now_ms)
    by_day = moment - moment % DAY_MS + scene.chance.randint(8 * 60, 20 * 60) * 60_000
    return min(max(by_day, scene.since_ms), scene.now_ms - 60_000)


def _day(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).date().isoformat()
