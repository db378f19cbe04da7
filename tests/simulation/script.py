"""A small estate that is told step by step what happens: for faults reduced to their story."""

from typing import Any

from sync_protocol.author import Act, Draft
from sync_protocol.ids import OpId, RecordId, SubjectId
from tests.simulation.checkers import check_all
from tests.simulation.nodes import Edge, Hub, Machine
from tests.simulation.options import Options
from tests.simulation.world import World
from tests.toys import actor, id_of, record, subject

SETTLE_MS = 1_800_000
SUBJECT = subject(1)
PARCEL = record(1)


class Story:
    """A hub and depots that hear one another in calm, unless the story says otherwise."""

    def __init__(self, *, edges: int = 2, outbox_ops: int = 0, is_leaving: bool = False) -> None:
        """Nothing is written yet; `outbox_ops` is how many ops a depot offers at a time.

        Where it `is_leaving`, a subject leaves where it was with its next move.
        """
        options = Options(edges=edges, outbox_ops=outbox_ops, leaves=int(is_leaving))
        self.world = World(0, options)
        self.world.is_calm = True

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.world.hub

    @property
    def edges(self) -> list[Edge]:
        """The depots, twins last."""
        return self.world.edges

    def write(
        self,
        machine: Machine,
        values: dict[str, Any],
        *,
        kind: str = "parcel",
        about: SubjectId | tuple[SubjectId, ...] = SUBJECT,
        which: RecordId = PARCEL,
    ) -> OpId:
        """One change of one record, acknowledged."""
        subjects = (about,) if isinstance(about, bytes) else about
        draft = Draft(
            kind=kind,
            subjects=subjects,
            record=which,
            values=values,
            happened_at=self.world.now_ms,
        )
        receipt = machine.store.write(Act(actor=actor(1), device="desk", drafts=(draft,)))
        (op_id,) = receipt.op_ids
        self.world.acknowledged[op_id] = machine.name
        self.world.now_ms += 1
        return op_id

    def bring(self, writer: Machine, depot: Edge, about: SubjectId = SUBJECT) -> OpId:
        """`writer` tells that a subject was brought to a depot."""
        which = RecordId(id_of("move", about, depot.label, writer.name))
        return self.write(writer, {"depot": depot.label}, kind="move", about=about, which=which)

    def settle(self) -> None:
        """Half an hour in which everybody whose line is up hears everything."""
        self.world.run_until(self.world.now_ms + SETTLE_MS)

    def let_go(self) -> None:
        """Settle, with a backup of the hub in between: whoever left is let go of."""
        for _ in range(2):
            self.settle()
            self.world.back_up()
        self.settle()

    def image(self, machine: Machine) -> None:
        """Keep an image of a disk; the last one kept comes back."""
        machine.images = [machine.disk.copy()]

    def roll_back(self, machine: Machine, *, is_told: bool) -> None:
        """The image takes the place of the disk."""
        self.world.roll_back(machine, is_told=is_told)

    def at_hub(self, op_id: OpId) -> tuple[int, str]:
        """The hub's verdict of an op: its flags and its reason."""
        with self.hub.store.reading() as reading:
            entry = reading.op(op_id)
        assert entry is not None, "the hub holds it"
        return entry.verdict.flags, entry.verdict.reason

    def assert_sound(self) -> None:
        """Every check of a simulated run holds."""
        faults = check_all(self.world)
        assert not faults, "\n".join(faults)
