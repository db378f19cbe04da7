"""Two nodes that cannot hear one another, each writing of one person, and what is shown after.

Every op is made by the real author, from what its node was shown, so that what a change replaces,
and when it says again that a record is open, is decided as in an office. A test says what both
knew and what each wrote apart, and asks what is shown in whatever order it came together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Any, Final

import msgspec

from casework.desk.versions import beside_the_approved
from casework.records import REGISTRY
from casework.records.files import file_subject, pair_of, pair_record
from casework.rules.severity import Speech, sentence, severity_of
from casework.rules.spoken import moment_words
from sync_protocol.author import Act, Draft, LogPlace, write_act
from sync_protocol.clock import HLC_ZERO
from sync_protocol.ids import OpId, RecordId, singleton_record
from sync_protocol.merge import RecordKey, RecordState, Row, Standing, fold, new_state, show
from sync_protocol.op import Op
from sync_protocol.policy import Severity
from sync_protocol.schema import Kind
from sync_protocol.seal import ScopeEpoch, life_chain
from tests import casefile, toys

PERSON: Final = toys.subject(1)
OTHER: Final = toys.subject(2)
PLACES: Final = ("Leeds", "Leeds probation")
MINUTE_MS: Final = 60_000
ORDERS_MAX: Final = 40
"""Of more interleavings than this so many are tried, the same on every machine."""

Standings = Mapping[RecordKey, RecordState]


class ApartNode:
    """One of the two: the ops it holds, and the clock it writes by."""

    def __init__(self, number: int, *, skew_ms: int = 0) -> None:
        """Number 0 is the prison at Leeds, 1 its probation office."""
        self.name = PLACES[number]
        self.held: dict[OpId, Op] = {}
        self.wrote: list[Op] = []
        self._chance = Random(number)
        self._now_ms = casefile.MORNING_MS + number * MINUTE_MS // 2 + skew_ms
        node, life = toys.node(number), toys.life(number)
        self._place = LogPlace(
            node=node,
            life=life,
            follows=None,
            seq=0,
            chain=life_chain(node, life, None),
            hlc=HLC_ZERO,
            epoch=ScopeEpoch(toys.incarnation(1), 1),
        )

    def write(
        self,
        kind: str,
        values: Mapping[str, Any],
        record: int = 1,
        *,
        corrects: Iterable[Op] = (),
        at_ms: int | None = None,
    ) -> Op:
        """Write over everything this node shows; the last op of what was written.

        `at_ms` is when; without it a minute after whatever was before.
        """
        self._now_ms = at_ms if at_ms is not None else self._now_ms + MINUTE_MS
        declared = REGISTRY.known(kind)
        key = key_of(declared, record)
        state = self._state(key)
        draft = Draft(
            kind=kind,
            subjects=key.subjects,
            record=key.record,
            values=_with_open(declared, values, state),
            happened_at=self._now_ms,
            corrects=frozenset(op.id for op in corrects),
        )
        drafts = beside_the_approved(declared, draft) if state.standing else (draft,)
        act = Act(actor=toys.actor(1), device="till-1", drafts=drafts)
        written = write_act(
            act,
            [state for _ in drafts],
            self._place,
            REGISTRY,
            now_ms=self._now_ms,
            chance=self._chance.randbytes,
        )
        self._place = written.place
        self.held |= {op.id: op for op in written.ops}
        self.wrote += written.ops
        return written.ops[-1]

    def shown(self, kind: str, record: int = 1) -> Row | None:
        """What this node shows of a record."""
        key = key_of(REGISTRY.known(kind), record)
        return show(REGISTRY, key, self._state(key))

    def value(self, kind: str, field: str, record: int = 1) -> Any:
        """What this node shows in one field; None where it shows nothing."""
        row = self.shown(kind, record)
        return None if row is None else row.values.get(field)

    def _state(self, key: RecordKey) -> RecordState:
        return _states_of(self.held.values()).get(key) or new_state()


class Apart:
    """The two nodes: what both knew, then each by itself."""

    def __init__(self, *, skew_ms: int = 0) -> None:
        """`skew_ms` is how far the second node's clock is ahead."""
        self.prison = ApartNode(0)
        self.probation = ApartNode(1, skew_ms=skew_ms)
        self.shared: list[Op] = []

    @property
    def nodes(self) -> tuple[ApartNode, ApartNode]:
        """Both of them."""
        return (self.prison, self.probation)

    def part(self) -> None:
        """Each hears everything the other wrote; after this neither does."""
        self.shared = list((self.prison.held | self.probation.held).values())
        for node in self.nodes:
            node.held = {op.id: op for op in self.shared}
            node.wrote = []

    def merged(self) -> "Merged":
        """What stands once everything has come together; AssertionError where order matters."""
        orders = [[*self.shared, *order] for order in interleavings(*self._wrote())]
        first, *others = [_states_of(order) for order in [*orders, orders[0][::-1]]]
        for other in others:
            assert _rows(other) == _rows(first), "the order in which it came changes what is shown"
            assert _standing(other) == _standing(first)
        return Merged(first)

    def _wrote(self) -> tuple[list[Op], list[Op]]:
        return self.prison.wrote, self.probation.wrote


class Merged:
    """The rows that everybody shows once the nodes have met, and the words about a conflict."""

    def __init__(self, states: Standings) -> None:
        """Of these records."""
        self._states = states

    def rows(self, kind: str) -> list[Row]:
        """Every record of a kind, by id."""
        return [row for row in _rows(self._states) if row.key.kind == kind]

    def row(self, kind: str, record: int = 1) -> Row:
        """One record."""
        key = key_of(REGISTRY.known(kind), record)
        row = show(REGISTRY, key, self._states[key])
        assert row is not None
        return row

    def standing(self, key: RecordKey) -> tuple[Standing, ...]:
        """Every op that still stands in a record."""
        return tuple(self._states[key].standing.values())

    def severity(self, kind: str, field: str, record: int = 1) -> Severity:
        """How grave the open conflict of a field is."""
        return severity_of(kind, field, self.row(kind, record).values, day=casefile.TODAY)

    def words(self, kind: str, field: str, record: int = 1) -> str:
        """What staff are told of the open conflict of a field."""
        row = self.row(kind, record)
        sides = tuple(
            casefile.Side(one.op_id, one.values[field], one.node, one.actor, one.hlc)
            for one in self._states[row.key].standing.values()
            if field in one.values
        )
        conflict = casefile.Conflict(row.key, field, row.asks[field], sides)
        return sentence(conflict, row.values[field], SPEECH)


def says_who_and_when(words: str, *did: str) -> bool:
    """Whether staff are told what each of the two did, where and when, and who had not seen it.

    `did` are two deeds as the sentence says them, in either order.
    """
    place, time = f"({'|'.join(sorted(PLACES, key=len, reverse=True))})", r"\d\d:\d\d"
    orders = (did, did[::-1])
    return any(
        re.match(
            rf"{place} {re.escape(one)} at {time}, not knowing that (?!\1 had){place} had "
            rf"{re.escape(other)} at {time}\. \S",
            words,
        )
        for one, other in orders
    )


def parted(skew_ms: int = 0) -> Apart:
    """Two nodes that both know nothing, and have parted."""
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    return apart


SPEECH: Final = Speech(
    {toys.node(number): name for number, name in enumerate(PLACES)}.__getitem__,
    lambda moment_ms: moment_words(moment_ms).rpartition(" ")[2],
    casefile.TODAY,
)


def key_of(kind: Kind, record: int = 1) -> RecordKey:
    """Where a record of the person is: in the kind's file, and of two people where it is a pair."""
    subject = file_subject(PERSON, kind.file)
    if kind.is_pair:
        return RecordKey(kind.name, pair_of(PERSON, OTHER), pair_record(kind.name, PERSON, OTHER))
    if kind.is_singleton:
        return RecordKey(kind.name, (subject,), singleton_record(subject, kind.name))
    return RecordKey(kind.name, (subject,), RecordId(toys.record(record)))


def interleavings(one: Sequence[Op], other: Sequence[Op]) -> Iterator[list[Op]]:
    """Every way in which what two nodes wrote may come together, each keeping its own order."""
    length = len(one) + len(other)
    places = list(combinations(range(length), len(one)))
    if len(places) > ORDERS_MAX:
        places = Random(length).sample(places, ORDERS_MAX)
    for chosen in places:
        first, second = iter(one), iter(other)
        yield [next(first) if at in chosen else next(second) for at in range(length)]


def _with_open(kind: Kind, values: Mapping[str, Any], state: RecordState) -> dict[str, Any]:
    """A new record is open where its kind can be closed, as at the desk."""
    field = kind.open_close_field
    is_new = not state.standing and field is not None and kind.fields[field].is_required
    return {field: "open", **values} if is_new and field is not None else dict(values)


def _states_of(ops: Iterable[Op]) -> dict[RecordKey, RecordState]:
    by_key: dict[RecordKey, list[Op]] = {}
    for op in ops:
        key = RecordKey(op.header.kind, op.header.subjects, op.header.record)
        by_key.setdefault(key, []).append(op)
    return {key: fold((op, False) for op in of_key) for key, of_key in by_key.items()}


def _rows(states: Standings) -> list[Row]:
    keys = sorted(states, key=lambda key: (key.kind, key.record))
    return [row for key in keys if (row := show(REGISTRY, key, states[key])) is not None]


def _standing(states: Standings) -> dict[RecordKey, bytes]:
    return {
        key: msgspec.msgpack.encode(sorted(state.standing.items()), order="deterministic")
        for key, state in states.items()
    }
