"""The toy records of a simulated estate: those of `tests.toys`, moves that give scope, and news.

Depots hold parcels; a move brings a subject to a depot, for good or until the next move. One depot
may run the release after ours, whose kinds and fields the others keep, pass on and do not
understand.
"""

from typing import Annotated, Final

from casework.records import KINDS
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import Holders
from sync_protocol.op import Op
from sync_protocol.policy import Fixed, Gather, OpenClose, Rule
from sync_protocol.schema import Record, Registry, build_registry
from sync_protocol.scope import NO_REASON, Reasons
from tests.toys import ANYONE, Grudge, Parcel, Remark, Secret, Shelf, id_of

SCOPE_KINDS: Final = frozenset({"move", "loan", "match"})


class Move(Record, kind="move", anywhere=True):
    """A subject comes to a depot, which may hold it from then on."""

    depot: Annotated[str, Rule(Fixed(), writers=ANYONE, cls="P1")]


class Loan(Record, kind="loan", anywhere=True):
    """A depot may hold a subject besides the one that it was brought to, until this is closed."""

    depot: Annotated[str, Rule(Fixed(), writers=ANYONE, cls="P1")]
    status: Annotated[str, Rule(OpenClose(), writers=ANYONE, cls="P1")]


class Match(Record, kind="match", pair=True, anywhere=True):
    """Two subjects are found to be one: whoever holds the one holds the other, until it ends."""

    status: Annotated[str, Rule(OpenClose(), writers=ANYONE, cls="P1")]


class NewerParcel(Parcel, kind="parcel", version=2, searchable=("label",)):
    """A parcel as the release after ours declares it."""

    sticker: Annotated[str | None, Rule(Gather(), writers=ANYONE, cls="P1")]


class Novelty(Record, kind="novelty"):
    """A kind that the release before does not know."""

    what: Annotated[str | None, Rule(Fixed(), writers=ANYONE, cls="P1")]


_LASTING: Final = (Grudge, Shelf, Secret, Remark, Move, Loan, Match)
USUAL: Final[Registry] = build_registry((Parcel, *_LASTING))
NEWER: Final[Registry] = build_registry((NewerParcel, *_LASTING, Novelty))
CAREERS: Final[Registry] = build_registry((Parcel, *_LASTING, *KINDS))
"""Of estates that keep every kind of record of the service besides: what it declares, merges."""
NEWER_CAREERS: Final[Registry] = build_registry((NewerParcel, *_LASTING, Novelty, *KINDS))


def release(*, is_newer: bool, has_careers: bool) -> Registry:
    """What a machine of an estate knows, by the release that it runs."""
    if has_careers:
        return NEWER_CAREERS if is_newer else CAREERS
    return NEWER if is_newer else USUAL


def is_safety(op: Op) -> bool:
    """What is sent ahead of its turn: who must be kept apart, and how dangerous a thing is."""
    return op.header.kind == "grudge" or "hazard" in op.values


class HoldersByMove:
    """Asks the moves who may hold a subject."""

    def __init__(self, depots: dict[str, NodeId], *, is_leaving: bool = False) -> None:
        """`depots` are the nodes by the name that a move gives.

        Where subjects are `is_leaving`, the last move alone counts; else every one, for good.
        """
        self._depots = depots
        self._is_leaving = is_leaving

    def is_reception(self, op: Op) -> bool:
        """Whether a depot says that a subject was brought to itself."""
        depot = op.values.get("depot") if op.header.kind == "move" else None
        return depot in self._depots and self._depots[depot] == op.header.node

    def __call__(self, reading: Reading, subject: SubjectId) -> Holders:
        """Of a subject, of those matched with it and of their closed files: who, and why.

        Whoever holds a subject holds its closed file; whoever holds one of a group holds all of it.
        """
        group = matched(reading, subject)
        own = {one: self._named(reading, one) for one in group}
        nodes = {node for named in own.values() for node in named}
        found: dict[SubjectId, dict[NodeId, Reasons]] = {}
        for one, named in own.items():
            besides = {node: NO_REASON | {"matched"} for node in nodes - named.keys()}
            found[one] = found[closed_file(one)] = named | besides
        return found

    def _named(self, reading: Reading, subject: SubjectId) -> dict[NodeId, Reasons]:
        """The nodes that moves and loans of this subject name."""
        moves = sorted(
            reading.records("move", subject), key=lambda one: (one.happened_at, one.key.record)
        )
        named = [shown.values.get("depot") for shown in moves]
        named = named[-1:] if self._is_leaving else named
        lent = [
            shown.values.get("depot")
            for shown in reading.records("loan", subject)
            if shown.values.get("status") != "closed"
        ]
        found: dict[NodeId, Reasons] = {}
        for reason, names in (("moved", named), ("lent", lent)):
            for node in [self._depots[name] for name in names if name in self._depots]:
                found[node] = found.get(node, NO_REASON) | {reason}
        return found


def matched(reading: Reading, subject: SubjectId) -> list[SubjectId]:
    """A subject and all that are found to be one with it, by one way or another; in one order."""
    found, asked = {subject}, [subject]
    while asked:
        one = asked.pop()
        for shown in reading.records("match", one):
            if shown.values.get("status") != "closed":
                new = set(shown.key.subjects) - found
                found |= new
                asked += sorted(new)
    return sorted(found)


def closed_file(subject: SubjectId) -> SubjectId:
    """The file of a subject that few may see; it is held where the subject is."""
    return SubjectId(id_of("closed file", subject))
