"""What people at the depots do: the same things at once, about the same subjects, as people will.

An incident has a topic; several depots write about it within minutes, most without having seen one
another. Some write on purpose against what stands, and some about what they may not.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from casework.records import KINDS
from sync_protocol.author import Act, Draft
from sync_protocol.errors import NotSaved, Refused
from sync_protocol.ids import ActorId, RecordId, SubjectId, singleton_record
from tests.made_values import made_change, made_record
from tests.simulation.nodes import Edge, Machine
from tests.simulation.records import CAREERS, closed_file
from tests.simulation.world import HOUR_MS, World
from tests.toys import HAZARDS, MORNING_MS, STAGES, id_of

STRANGER: Final = 0.1
"""How often somebody writes about a subject that the depot does not hold."""
AGAINST: Final = 0.15
"""How often somebody writes on purpose without having seen what stands."""
NOTED: Final = 0.5
"""How often several changes at once have one among them that may be written anywhere."""
WITHIN_MS: Final = 600_000
AT_ONCE_MAX: Final = 5
"""How many places write of one incident at most."""
OPS_A_SLOT: Final = 4
"""Fewer than an incident gives: slots that are not needed pass."""
RECORDS_A_KIND: Final = 2
"""So few that offices meet in one record."""
CAREER_KINDS: Final = sorted(kind.kind for kind in KINDS)
ROUND_MIN: Final = 4
"""How many notes somebody makes on a round at least."""
SOON: Final = 0.15
"""How often a spoke in a season says within the hour what was written there."""
WORDS: Final = ("red", "blue", "ash", "oak")

_values: Final[dict[str, Callable[[Random], Any]]] = {
    "colour": lambda chance: chance.choice(WORDS),
    "hazard": lambda chance: chance.choice(HAZARDS),
    "keep_until": lambda chance: chance.choice((None, "2027-01-01", "2027-02-02")),
    "is_fragile": lambda chance: chance.random() < 0.5,
    "status": lambda chance: chance.choice(("open", "closed")),
    "keeper": lambda chance: {"who": chance.choice(WORDS), "starts_on": "2027-01-01"},
    "place": lambda chance: chance.choice(WORDS),
    "remarks": lambda chance: f"remark {chance.randrange(10_000)}",
    "stage": lambda chance: {"from": None, "to": chance.choice(STAGES)},
    "plan": lambda chance: {"approved": chance.random() < 0.5, "content": chance.choice(WORDS)},
}


class Staff:
    """Everybody who writes."""

    def __init__(self, world: World) -> None:
        """Draws from the world's seed, apart from its faults."""
        self._world = world
        self._chance = Random(f"staff {world.seed}")

    def plan(self) -> None:
        """Plan what is written over the run, and a start for every depot."""
        world, options = self._world, self._world.options
        span_ms = options.span_hours * HOUR_MS
        starting: list[Machine] = [world.hub, *world.depots.values()]
        for machine in starting:
            world.after(1_000, self._planned(machine, self._receive, None, "place"))
        slots = options.ops // OPS_A_SLOT if options.ops else options.incidents
        for _ in range(slots):
            world.after(self._chance.randrange(span_ms), self._incident)

    def _is_ahead(self) -> bool:
        """Whether more is written by now than a season plans."""
        world = self._world
        planned = world.options.ops
        span_ms = world.options.span_hours * HOUR_MS
        return planned > 0 and len(world.acknowledged) * span_ms > planned * (
            world.now_ms - MORNING_MS + span_ms // 50
        )

    def _incident(self) -> None:
        world, chance = self._world, self._chance
        if self._is_ahead():
            return
        deed = chance.choices(*self._deeds())[0]
        subject = chance.choice(world.subjects) if world.subjects else None
        field = chance.choice(list(_values))
        machines = world.machines()
        for machine in chance.sample(machines, chance.randint(1, min(len(machines), AT_ONCE_MAX))):
            for _ in range(chance.randint(1, 3)):
                delay_ms = chance.randrange(WITHIN_MS)
                world.after(delay_ms, self._planned(machine, deed, subject, field))

    def _deeds(self) -> tuple[list["Deed"], list[int]]:
        """What may be done, and how often; where subjects leave, they come and go more ways."""
        usual: list[Deed] = [self._receive, self._amend, self._move, self._part]
        usual += [self._shelve, self._bundle]
        often = [2, 12, 3, 2, 2, 3]
        options = self._world.options
        if options.days:
            usual, often = [*usual, self._go_round], [1, 8, 2, 1, 2, 3, 16]
        if options.careers:
            usual, often = [*usual, self._record], [*often, 2 * sum(often)]
        if options.matches:
            usual, often = [*usual, self._match], [*often, 2]
        if not options.leaves:
            return usual, often
        travel: list[Deed] = [self._take_in, self._lend, self._there_and_back]
        return [*usual, *travel], [*often, 1, 3, 2]

    def _planned(
        self, machine: Machine, deed: "Deed", subject: SubjectId | None, field: str
    ) -> Callable[[], None]:
        def do() -> None:
            if machine.is_up:
                machine.try_to(lambda: self._write(machine, deed, subject, field))

        return do

    def _write(self, machine: Machine, deed: "Deed", subject: SubjectId | None, field: str) -> None:
        world = self._world
        held = _held(machine)
        is_stranger = self._chance.random() < STRANGER
        if subject is None or (subject not in held and not is_stranger):
            subject = self._chance.choice(held) if held else None
        drafts = deed(machine, subject, field)
        if not drafts:
            return
        act = Act(actor=ActorId(id_of("actor", machine.name)), device="desk", drafts=drafts)
        place = machine.store.core.place()
        try:
            receipt = machine.store.write(act)
        except Refused as fault:
            world.count(f"refused_{fault.code}")
            return
        except NotSaved:
            assert machine.store.core.place() == place, "INV-02: what was not saved is not there"
            raise
        for op_id in receipt.op_ids:
            world.acknowledged[op_id] = machine.name
        for op_id, draft in zip(receipt.op_ids, drafts, strict=True):
            if draft.seen is not None:
                world.written_blind[op_id] = {*draft.seen, *receipt.op_ids}
        world.count("acts")
        machine.disk.look()
        world.note(machine.name, "writes", receipt.number, drafts[0].kind)
        if isinstance(machine, Edge) and world.options.days and self._chance.random() < SOON:
            machine.wake(self._chance.randrange(HOUR_MS))

    def _receive(self, machine: Machine, _subject: SubjectId | None, _field: str) -> "Drafts":
        """A new subject comes to this depot; the hub's own go to any."""
        subject = SubjectId(self._chance.randbytes(16))
        self._world.subjects.append(subject)
        if _is_cut(machine):
            self._world.count("received_while_cut")
        depot = self._chance.choice(list(self._world.depots)) if machine.is_hub else machine.label
        parcel = self._draft("parcel", subject, {"label": "a parcel", "hazard": "some"})
        return (self._draft("move", subject, {"depot": depot}), parcel)

    def _amend(self, machine: Machine, subject: SubjectId | None, field: str) -> "Drafts":
        """A change of one field of the subject's first parcel, or a new parcel."""
        if subject is None:
            return ()
        values = {field: _values[field](self._chance)}
        if "novelty" in machine.registry.kinds:
            values["sticker"] = self._chance.choice(WORDS)
        return (self._on_parcel(machine, subject, values),)

    def _move(self, _machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """The subject is brought to another depot, whoever knows of it."""
        if subject is None:
            return ()
        depot = self._chance.choice(list(self._world.depots))
        return (self._draft("move", subject, {"depot": depot}),)

    def _take_in(self, machine: Machine, _subject: SubjectId | None, _field: str) -> "Drafts":
        """Somebody stands at the door whom this depot may know nothing of."""
        known = self._world.subjects
        if machine.is_hub or not known:
            return ()
        subject = self._chance.choice(known)
        if subject not in _held(machine):
            self._world.count("taken_in_while_cut" if _is_cut(machine) else "taken_in")
        return (self._draft("move", subject, {"depot": machine.label}),)

    def _lend(self, _machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """Another depot may hold the subject as well, or may no longer."""
        if subject is None:
            return ()
        depot = self._chance.choice(list(self._world.spokes))
        status = self._chance.choice(("open", "open", "closed"))
        record = RecordId(id_of("loan", subject, depot))
        return (self._draft("loan", subject, {"depot": depot, "status": status}, record),)

    def _there_and_back(
        self, _machine: Machine, subject: SubjectId | None, _field: str
    ) -> "Drafts":
        """The subject is brought to another depot, and from there to a third within the hour."""
        if subject is None:
            return ()
        there, back = self._chance.sample(list(self._world.depots), 2)

        def bring_back(_machine: Machine, _subject: SubjectId | None, _field: str) -> Drafts:
            self._world.count("back_within_the_hour")
            return (self._draft("move", subject, {"depot": back}),)

        hub, delay_ms = self._world.hub, self._chance.randrange(HOUR_MS)
        self._world.after(delay_ms, self._planned(hub, bring_back, subject, ""))
        return (self._draft("move", subject, {"depot": there}),)

    def _part(self, machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """Two subjects are to be kept apart, or no longer."""
        others = [one for one in _held(machine) if one != subject]
        if subject is None or not others:
            return ()
        pair = (subject, self._chance.choice(others))
        status = self._chance.choice(("open", "closed"))
        record = RecordId(id_of("grudge", *sorted(pair)))
        values = {"reason": self._chance.choice(WORDS), "status": status}
        return (self._draft("grudge", pair, values, record),)

    def _match(self, machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """Two subjects are found to be one, or found not to be."""
        others = [one for one in _held(machine) if one != subject]
        if subject is None or not others:
            return ()
        pair = (subject, self._chance.choice(others))
        status = self._chance.choice(("open", "open", "closed"))
        record = RecordId(id_of("match", *sorted(pair)))
        self._world.count(f"match_{status}")
        return (self._draft("match", pair, {"status": status}, record),)

    def _go_round(self, machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """Somebody notes something of several subjects on a round, and saves it at once."""
        if subject is None:
            return ()
        held = _held(machine) or [subject]
        notes = self._chance.randint(ROUND_MIN, self._world.options.round_max)
        met = [subject, *self._chance.choices(held, k=notes)]
        return tuple(
            self._draft("remark", one, {"text": f"remark {self._chance.randrange(10_000)}"})
            for one in met
        )

    def _record(self, machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """A record of the service of any kind: a new one, or a change of one of a few."""
        if subject is None:
            return ()
        kind = CAREERS.kinds[self._chance.choice(CAREER_KINDS)]
        subjects: tuple[SubjectId, ...] = (
            subject if kind.file == "open" else closed_file(subject),
        )
        if kind.is_pair:
            others = [one for one in _held(machine) if one != subject]
            if not others:
                return ()
            subjects = (subject, self._chance.choice(others))
            record = RecordId(id_of(kind.name, *sorted(subjects)))
        elif kind.is_singleton:
            record = singleton_record(subjects[0], kind.name)
        else:
            record = RecordId(id_of(kind.name, subject, self._chance.randrange(RECORDS_A_KIND)))
        with machine.store.reading() as reading:
            is_new = reading.record(kind.name, subjects, record) is None
        make = made_record if is_new else made_change
        self._world.count("careers_written")
        return (self._draft(kind.name, subjects, make(kind, self._chance), record),)

    def _shelve(self, machine: Machine, subject: SubjectId | None, _field: str) -> "Drafts":
        """The one shelf of a subject, what few may see, and what only the newer release knows."""
        if subject is None:
            return ()
        if "novelty" in machine.registry.kinds and self._chance.random() < 0.7:
            return (self._draft("novelty", subject, {"what": self._chance.choice(WORDS)}),)
        if self._chance.random() < 0.3:
            text = {"text": self._chance.choice(WORDS)}
            return (self._draft("secret", closed_file(subject), text),)
        row = self._chance.randrange(9)
        return (self._draft("shelf", subject, {"row": row}, singleton_record(subject, "shelf")),)

    def _bundle(self, machine: Machine, subject: SubjectId | None, field: str) -> "Drafts":
        """Several changes at once, seen together or not at all."""
        if subject is None:
            return ()
        first = self._on_parcel(machine, subject, {"status": "closed"})
        second = self._on_parcel(machine, subject, {field: _values[field](self._chance)}, 2)
        noted: Drafts = ()
        if self._chance.random() < NOTED:
            # Of a kind that needs no scope: it is judged with what does, as one.
            noted = (self._draft("secret", subject, {"text": self._chance.choice(WORDS)}),)
        return (first, second, *noted, *self._part(machine, subject, field))

    def _on_parcel(
        self, machine: Machine, subject: SubjectId, values: dict[str, Any], number: int = 1
    ) -> Draft:
        record = RecordId(id_of("parcel", subject, number))
        with machine.store.reading() as reading:
            is_new = reading.record("parcel", (subject,), record) is None
        named = {"label": f"parcel {number}"} if is_new else {}
        return self._draft("parcel", subject, named | values, record)

    def _draft(
        self,
        kind: str,
        subjects: SubjectId | tuple[SubjectId, ...],
        values: dict[str, Any],
        record: RecordId | None = None,
    ) -> Draft:
        is_against = self._chance.random() < AGAINST
        first = subjects if isinstance(subjects, bytes) else subjects[0]
        usual = id_of(kind, first, 1) if kind == "parcel" else self._chance.randbytes(16)
        return Draft(
            kind=kind,
            subjects=(subjects,) if isinstance(subjects, bytes) else subjects,
            record=record if record is not None else RecordId(usual),
            values=values,
            happened_at=self._world.now_ms,
            seen=frozenset() if is_against else None,
            on_purpose=is_against,
        )


Drafts = tuple[Draft, ...]
Deed = Callable[[Machine, SubjectId | None, str], Drafts]


def _is_cut(machine: Machine) -> bool:
    return isinstance(machine, Edge) and machine.is_cut


def _held(machine: Machine) -> list[SubjectId]:
    """The subjects of which anything stands here, in one order."""
    with machine.store.reading() as reading:
        return sorted(
            {SubjectId(row[0]) for row in reading.select('SELECT DISTINCT subject FROM "parcel"')}
            | {SubjectId(row[0]) for row in reading.select('SELECT DISTINCT subject FROM "move"')}
        )
