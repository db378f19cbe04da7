"""Plays a story: each line is a command or, after `>`, what must be so.

A line of a story reads as a sentence; the sentences are the table at the end of this module. What a
`#` opens is told to the reader alone.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from casework.reference.in_use import alert_codes
from casework.rules.custody import custody_state
from sync_protocol.author import Act, Draft
from sync_protocol.ids import ActorId, RecordId, SubjectId, derived_id, singleton_record, uuid7
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock, SystemClock, system_chance
from tests.scenarios.office import World
from throughcare.verify import verify_estate

ACTOR = ActorId(derived_id(b"story"))


class Departure(AssertionError):
    """A story did not go as it is told."""


class Stage:
    """A world, the people in it by name, and what may be said of them."""

    def __init__(self, folder: Path, codes: list[str], clock: Clock = SYSTEM_CLOCK) -> None:
        self.world = World(folder, codes, clock)
        self.people: dict[str, SubjectId] = {}
        self._day_ms = SystemClock().now_ms() - 30 * 86_400_000

    def play(self, line: str) -> None:
        """Does or checks what one line says; raises Departure where it is not so."""
        for pattern, method in self.sentences():
            match = re.fullmatch(pattern, line)
            if match is not None:
                method(self, *match.groups())
                return
        raise Departure(f"No sentence of a story reads: {line}")

    def sentences(self) -> "list[tuple[str, Callable[..., None]]]":
        """What may be said in a story."""
        return SENTENCES

    def receive(self, code: str, name: str) -> None:
        """A person comes into a prison; somebody new is first recorded."""
        drafts = []
        if name not in self.people:
            self.people[name] = SubjectId(uuid7(SystemClock().now_ms(), system_chance(10)))
            drafts.append(self._named(name))
        drafts.append(self._movement(name, "IN", None, code))
        self._write(code, *drafts)

    def record(self, code: str, name: str) -> None:
        """A person is first recorded, without being received anywhere."""
        self.people[name] = SubjectId(uuid7(SystemClock().now_ms(), system_chance(10)))
        self._write(code, self._named(name))

    def send(self, code: str, name: str, to: str) -> None:
        """A person leaves one prison for another."""
        self._write(code, self._movement(name, "OUT", code, to))

    def note(self, code: str, name: str, text: str) -> None:
        """A case note."""
        now_ms = SystemClock().now_ms()
        said = {"text": text, "author": "A. Story", "written_on": now_ms, "amends": False}
        values = {"type": "GEN", "subtype": "HIS", "occurred_at": now_ms, "text": said}
        self._write(code, self._draft(name, "case_note", {**values, "status": "open"}))

    def risk(self, code: str, name: str, field: str, level: str) -> None:
        """A level of the risk grid is set."""
        self._write(code, self._single(name, "risk", {field: level}))

    def lead(self, code: str, name: str, officer: str, team: str, day: str) -> None:
        """An offender manager is named."""
        assignment = {
            "staff_id": derived_id(officer.encode()).hex(),
            "staff_name": officer,
            "team": team,
            "side": "community" if team.startswith("N") else "prison",
            "effective_from": day,
            "supporting": None,
        }
        self._write(code, self._single(name, "offender_manager", {"assignment": assignment}))

    def alert(self, code: str, alert: str, name: str, text: str) -> None:
        """An alert is raised."""
        values = {
            "code": alert,
            "type": alert_codes()[alert].belongs_to,
            "description": text,
            "active_from": "2026-11-01",
            "active_to": None,
            "status": "open",
            "authorised_by": None,
        }
        self._write(code, self._draft(name, "alert", values))

    def add_to_alert(self, code: str, alert: str, name: str, text: str) -> None:
        """More is said of an alert."""
        self._write(code, self._on_alert(code, alert, name, {"description": text}))

    def close_alert(self, code: str, alert: str, name: str) -> None:
        """An alert is closed."""
        values = {"status": "closed", "closed_reason": "Reviewed."}
        self._write(code, self._on_alert(code, alert, name, values))

    def settle(self, code: str, field: str, kind: str, name: str, value: str) -> None:
        """A person chooses among the sides of a conflict; it replaces them all."""
        found = [
            one for one in self._conflicts(code, name) if (one.key.kind, one.field) == (kind, field)
        ]
        self._check(found, f"{code} has no conflict on {field} of {kind}")
        sides = [side for side in found[0].sides if _words(side.value) == value]
        self._check(sides, f"no side of {field} says {value}")
        draft = Draft(
            kind=kind,
            subjects=found[0].key.subjects,
            record=found[0].key.record,
            values={field: sides[0].value},
            happened_at=SystemClock().now_ms(),
        )
        self._write(code, draft)

    def cut(self, code: str) -> None:
        """The line goes down."""
        self.world.spokes[code].line.is_cut = True

    def mend(self, code: str) -> None:
        """The line comes back."""
        self.world.spokes[code].line.is_cut = False

    def lose_answer(self, code: str) -> None:
        """The hub stores what was sent, and its answer never arrives."""
        self.world.spokes[code].line.loses_answer = True
        self.world.spokes[code].exchange()

    def exchange(self, code: str) -> None:
        """One office exchanges with the centre."""
        self.world.spokes[code].exchange()

    def all_exchange(self) -> None:
        """Everybody exchanges until nothing is left to say."""
        self.world.settle_down()

    def restart(self, code: str) -> None:
        """The power fails and comes back."""
        self.world.node(code).restart()

    def back_up(self, code: str) -> None:
        """A verified backup is taken."""
        self.world.node(code).back_up()

    def restore(self, code: str) -> None:
        """The disk fails; the last backup is put in its place."""
        self.world.node(code).restore()

    def knows(self, code: str, negation: str | None, name: str) -> None:
        """Whether the node holds anything of the person."""
        with self.world.node(code).store.reading() as reading:
            held = bool(reading.history(self.people[name], limit=1))
        self._check(held == (negation is None), f"{code} {'holds' if held else 'lacks'} {name}")

    def shows(self, code: str, field: str, kind: str, name: str, wanted: str) -> None:
        """What a field of a singleton record shows."""
        found = _words(self._shown(code, kind, name).get(field))
        self._check(found == wanted, f"{code} shows {found}")

    def alert_is(self, code: str, alert: str, name: str, wanted: str) -> None:
        """Whether an alert is open."""
        with self.world.node(code).store.reading() as reading:
            rows = reading.records("alert", self.people[name])
        found = [row.values["status"] for row in rows if row.values["code"] == alert]
        self._check(found == [wanted], f"{code} shows {found}")

    def notes(self, code: str, count: str, name: str) -> None:
        """How many notes stand."""
        with self.world.node(code).store.reading() as reading:
            found = len(reading.records("case_note", self.people[name]))
        self._check(found == int(count), f"{code} shows {found}")

    def lists(self, code: str, count: str, name: str) -> None:
        """How many conflicts are open."""
        found = [f"{one.key.kind}.{one.field}" for one in self._conflicts(code, name)]
        self._check(len(found) == int(count), f"{code} lists {found}")

    def waits(self, code: str, count: str) -> None:
        """How many ops the centre is not known to have."""
        found = self.world.node(code).store.spoke.waiting()[0]
        self._check(found == int(count), f"{code} has {found} waiting")

    def parked(self, count: str) -> None:
        """How many ops the centre has parked."""
        with self.world.centre.store.reading() as reading:
            found = reading.counts()["parked"]
        self._check(found == int(count), f"the centre has {found} parked")

    def held_at(self, name: str, place: str, code: str) -> None:
        """Where a node says that the person is in custody."""
        with self.world.node(code).store.reading() as reading:
            rows = reading.records("movement", self.people[name])
        found = custody_state(rows, as_of_ms=SystemClock().now_ms()).place
        self._check(found == place, f"{code} says {found}")

    def agree(self) -> None:
        """Every store is sound, nothing is lost, and every office shows what the centre shows."""
        report = verify_estate(self.world.folder, self.world.estate)
        self._check(not report.faults, "; ".join(report.faults))
        self._check(all(one.unsent == 0 for one in report.nodes), "something still waits")

    def _write(self, code: str, *drafts: Draft) -> None:
        self.world.node(code).store.write(Act(actor=ACTOR, device="story", drafts=drafts))

    def _named(self, name: str) -> Draft:
        first, _, last = name.partition(" ")
        said = {"first": first, "middle": None, "last": last or "Nobody", "kind": "legal"}
        return self._single(
            name, "person", {"names": {**said, "source": "PRISON", "asserted_on": "2026-11-01"}}
        )

    def _movement(self, name: str, direction: str, from_place: str | None, to: str) -> Draft:
        # Each movement of a story happens an hour after the one before.
        self._day_ms += 3_600_000
        values: dict[str, Any] = {
            "type": "ADM" if direction == "IN" else "TRN",
            "reason": "INT",
            "direction": direction,
            "from_place": from_place,
            "to_place": to,
            "escort": None,
            "occurred_at": self._day_ms,
        }
        return self._draft(name, "movement", values)

    def _on_alert(self, code: str, alert: str, name: str, values: dict[str, Any]) -> Draft:
        with self.world.node(code).store.reading() as reading:
            rows = reading.records("alert", self.people[name])
        found = [row.key.record for row in rows if row.values["code"] == alert]
        self._check(found, f"{code} knows no alert {alert}")
        return Draft(
            kind="alert",
            subjects=(self.people[name],),
            record=found[0],
            values=values,
            happened_at=SystemClock().now_ms(),
        )

    def _single(self, name: str, kind: str, values: dict[str, Any]) -> Draft:
        person = self.people[name]
        return Draft(
            kind=kind,
            subjects=(person,),
            record=singleton_record(person, kind),
            values=values,
            happened_at=SystemClock().now_ms(),
        )

    def _draft(self, name: str, kind: str, values: dict[str, Any]) -> Draft:
        now_ms = SystemClock().now_ms()
        record = RecordId(uuid7(now_ms, system_chance(10)))
        subjects = (self.people[name],)
        return Draft(kind=kind, subjects=subjects, record=record, values=values, happened_at=now_ms)

    def _shown(self, code: str, kind: str, name: str) -> dict[str, Any]:
        person = self.people[name]
        with self.world.node(code).store.reading() as reading:
            shown = reading.record(kind, (person,), singleton_record(person, kind))
        return shown.values if shown is not None else {}

    def _conflicts(self, code: str, name: str) -> list[Any]:
        with self.world.node(code).store.reading() as reading:
            return reading.conflicts(self.people[name])

    def _check(self, claim: object, otherwise: str) -> None:
        if not claim:
            raise Departure(otherwise)


def _words(value: Any) -> str:
    """A value as a story says it: an assignment by its officer's name."""
    return str(value["staff_name"]) if isinstance(value, dict) else str(value)


CODE = r"(LEI|MDI|HLI|N55LEE|CENTRE)"
NAME = r"([A-Z]\w+(?: [A-Z]\w+)?)"
SENTENCES: list[tuple[str, Callable[..., None]]] = [
    (rf"{CODE} receives {NAME}", Stage.receive),
    (rf"{CODE} records {NAME}", Stage.record),
    (rf"{CODE} sends {NAME} to (LEI|MDI)", Stage.send),
    (rf"{CODE} notes of {NAME}: (.+)", Stage.note),
    (rf"{CODE} sets the risk of {NAME}: (\w+) (\w+)", Stage.risk),
    (rf"{CODE} names as lead of {NAME}: (\w+) at (\w+) from (\S+)", Stage.lead),
    (rf"{CODE} raises alert (\w+) on {NAME}: (.+)", Stage.alert),
    (rf"{CODE} adds to alert (\w+) on {NAME}: (.+)", Stage.add_to_alert),
    (rf"{CODE} closes alert (\w+) on {NAME}", Stage.close_alert),
    (rf"{CODE} settles (\w+) of (\w+) of {NAME}: (\w+)", Stage.settle),
    (rf"{CODE} loses its line", Stage.cut),
    (rf"{CODE} has its line back", Stage.mend),
    (rf"{CODE} exchanges, and the answer is lost", Stage.lose_answer),
    (rf"{CODE} exchanges", Stage.exchange),
    (r"all exchange", Stage.all_exchange),
    (rf"{CODE} loses power and starts again", Stage.restart),
    (rf"{CODE} backs up", Stage.back_up),
    (rf"{CODE} is restored from its backup", Stage.restore),
    (rf"> {CODE} knows (not )?{NAME}", Stage.knows),
    (rf"> {CODE} shows (\w+) of (\w+) of {NAME}: (\w+)", Stage.shows),
    (rf"> {CODE} has alert (\w+) on {NAME} (open|closed)", Stage.alert_is),
    (rf"> {CODE} has (\d+) notes? of {NAME}", Stage.notes),
    (rf"> {CODE} lists (\d+) conflicts? of {NAME}", Stage.lists),
    (rf"> {CODE} has (\d+) waiting", Stage.waits),
    (r"> (\d+) parked", Stage.parked),
    (rf"> {NAME} is at (LEI|MDI) as {CODE} knows", Stage.held_at),
    (r"> all agree", Stage.agree),
]
