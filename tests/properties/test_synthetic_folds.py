"""A generated estate, written at offices that seldom meet, is the same folded in any order."""

import random
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest

from casework.records import REGISTRY
from sync_protocol.author import LogPlace, write_act
from sync_protocol.clock import Hlc
from sync_protocol.merge import RecordKey, RecordState, Row, apply, fold, key_of, new_state, show
from sync_protocol.op import Op
from sync_protocol.seal import ScopeEpoch
from tests import toys
from throughcare.people.cohort import Plan, make_cohort
from throughcare.people.offices import draw_offices, sites_of
from throughcare.people.pen import WrittenAct

pytestmark = pytest.mark.unhurried

UNTIL: Final = "2026-11-01"
MEETS_SHARE: Final = 0.02
"""How often offices exchange: between two such moments they write unseen by one another."""

EPOCH: Final = ScopeEpoch(toys.incarnation(1), 1)

RIVALS_SHARE: Final = 0.3


class Node:
    """An office that writes from what it holds and is told the rest when it exchanges."""

    def __init__(self, number: int) -> None:
        """Nothing is held yet."""
        self.states: dict[RecordKey, RecordState] = {}
        self.told = 0
        self._place = LogPlace(
            node=toys.node(number),
            life=toys.life(number),
            follows=None,
            seq=0,
            chain=bytes(32),
            hlc=Hlc(0),
            epoch=EPOCH,
        )

    def write(self, act: WrittenAct, chance: random.Random) -> list[Op]:
        """The ops of an act, of which this office had seen what it holds."""
        states = [self.states.setdefault(_key(one), new_state()) for one in act.drafts]
        written = write_act(
            act.act(), states, self._place, REGISTRY, now_ms=act.at_ms, chance=chance.randbytes
        )
        self._place = written.place
        self._fold(written.ops)
        return list(written.ops)

    def hear(self, ops: Sequence[Op]) -> None:
        """Holds what others wrote too; each op is folded once."""
        self._fold([op for op in ops if op.header.node != self._place.node])

    def _fold(self, ops: Sequence[Op]) -> None:
        for op in ops:
            apply(self.states.setdefault(key_of(op), new_state()), op)

    def knows(self, act: WrittenAct) -> bool:
        """Whether every record of the act is held here."""
        return all(_key(one) in self.states for one in act.drafts)


def _key(draft: Any) -> RecordKey:
    return RecordKey(draft.kind, draft.subjects, draft.record)


def write_apart(people: int, years: int, seed: int) -> list[Op]:
    """The ops of an estate whose offices exchange seldom: many stand against one another.

    Now and then another office that holds the record writes of it too, what it might have written
    of somebody else: so all policies have sides to choose from.
    """
    plan = Plan(people, years, seed, UNTIL)
    acts = make_cohort(plan, sites_of(draw_offices(people)), range(people)).acts
    chance = random.Random(seed)
    nodes = {code: Node(at) for at, code in enumerate(sorted({act.office for act in acts}), 1)}
    ops: list[Op] = []
    known: set[RecordKey] = set()
    last: dict[tuple[str, ...], dict[str, Any]] = {}
    for act in acts:
        node = nodes[act.office]
        exists = any(_key(one) in known for one in act.drafts)
        if chance.random() < MEETS_SHARE or (exists and not node.knows(act)):
            node.hear(ops[node.told :])
            node.told = len(ops)
        ops += node.write(act, chance)
        known.update(_key(one) for one in act.drafts)
        draft = act.drafts[0]
        other = last.get(fields := (draft.kind, *draft.values), draft.values)
        last[fields] = draft.values
        rival = chance.choice(list(nodes.values()))
        if chance.random() < RIVALS_SHARE and rival is not node and rival.knows(act):
            changed = msgspec.structs.replace(draft, values=other)
            ops += rival.write(msgspec.structs.replace(act, drafts=(changed,)), chance)
    return ops


def folded(ops: Sequence[Op]) -> dict[RecordKey, Row | None]:
    """What a node shows that was told these ops in this order."""
    by_record: dict[RecordKey, list[Op]] = {}
    for op in ops:
        key = key_of(op)
        by_record.setdefault(key, []).append(op)
    return {
        key: show(REGISTRY, key, fold((op, False) for op in told))
        for key, told in by_record.items()
    }


def _check(ops: list[Op], *, orders: int, asked_min: int) -> None:
    first = folded(ops)
    asked = [row for row in first.values() if row is not None and row.asks]
    assert len(asked) >= asked_min
    for seed in range(orders):
        told = ops.copy()
        random.Random(seed).shuffle(told)
        assert folded(told) == first


def test_a_small_estate_folds_alike_in_any_order() -> None:
    _check(write_apart(people=2, years=1, seed=5), orders=2, asked_min=1)


@pytest.mark.slow
def test_an_estate_folds_alike_in_any_order() -> None:
    """Sixty people, written apart, in four orders."""
    _check(write_apart(people=60, years=1, seed=6), orders=3, asked_min=30)
