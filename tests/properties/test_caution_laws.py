"""What no machine does by itself, for every kind that is declared: lower, end, or take away.

The kinds are read from the Registry, so one that is declared tomorrow is under these laws too. Two
nodes that cannot hear one another write whatever fits; each law compares what is shown once they
have met with what each of them showed before.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records import REGISTRY
from sync_protocol.merge import Row
from sync_protocol.policy import CLOSED, Highest, OpenClose, WholeVersion
from sync_protocol.schema import FieldSpec, Kind, fault_of
from tests.made_values import made_change, made_record, made_value
from tests.two_nodes import Apart, ApartNode

pytestmark = pytest.mark.unhurried

SEEDS: Final = range(2)
SKEWS_MS: Final = (7_200_000, -7_200_000, 0)
STEPS_MAX: Final = 6

Step = tuple[int, int]
"""Which node writes, and the seed of what it writes."""

every_kind = pytest.mark.parametrize("name", sorted(REGISTRY.kinds))


@every_kind
def test_whatever_is_made_fits_what_is_declared(name: str) -> None:
    kind = REGISTRY.known(name)
    for seed in range(6):
        chance = Random(seed)
        REGISTRY.check_values(name, made_record(kind, chance), is_new=True)
        for spec in kind.fields.values():
            assert fault_of(spec, made_value(spec, chance)) is None, spec.name


@every_kind
def test_nothing_is_lowered_ended_or_taken_away_by_itself(name: str) -> None:
    """INV-07, for a few histories of every kind; many more are looked at in `make test`."""
    for seed in SEEDS:
        chance = Random(f"{name} {seed}")
        steps = [(chance.randrange(2), chance.randrange(2**16)) for _ in range(STEPS_MAX)]
        _check(REGISTRY.known(name), seed, steps, SKEWS_MS[seed])


_steps = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2**16)), max_size=STEPS_MAX)


@pytest.mark.slow
@every_kind
@given(seed=st.integers(0, 2**16), steps=_steps, skew_ms=st.sampled_from(SKEWS_MS))
def test_no_history_lowers_ends_or_takes_away_by_itself(
    name: str, seed: int, steps: list[Step], skew_ms: int
) -> None:
    """INV-07."""
    _check(REGISTRY.known(name), seed, steps, skew_ms)


def test_every_sort_of_caution_is_declared_somewhere() -> None:
    """Else the laws above would hold of nothing."""
    policies = {
        type(spec.rule.policy) for kind in REGISTRY.kinds.values() for spec in _fields(kind)
    }
    assert {Highest, OpenClose, WholeVersion} <= policies


def _check(kind: Kind, seed: int, steps: Sequence[Step], skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    chance = Random(seed)
    apart.prison.write(kind.name, made_record(kind, chance))
    for _ in range(chance.randrange(3)):
        apart.prison.write(kind.name, made_change(kind, chance))
    apart.part()
    before = apart.prison.shown(kind.name)
    assert before is not None
    for number, made_from in steps:
        apart.nodes[number].write(kind.name, made_change(kind, Random(made_from)))
    after = apart.merged().row(kind.name)
    for spec in _fields(kind):
        _check_field(kind, spec, apart, (before, after))


def _check_field(kind: Kind, spec: FieldSpec, apart: Apart, ends: tuple[Row, Row]) -> None:
    policy = spec.rule.policy
    if isinstance(policy, Highest):
        _check_highest(spec, policy, _spoken(kind, spec, apart), ends)
    elif isinstance(policy, OpenClose):
        _check_open(kind, spec, apart, ends)
    elif isinstance(policy, WholeVersion):
        _check_approval(kind, spec, apart, ends)


def _check_highest(
    spec: FieldSpec, policy: Highest, spoken: Sequence[Any], ends: tuple[Row, Row]
) -> None:
    """Lower than before only where everybody who spoke of it had lowered it."""
    before, after = (row.values.get(spec.name) for row in ends)
    said = spoken or ([before] if spec.name in ends[0].values else [])
    if said:
        assert policy.scale.rank(after) == max(map(policy.scale.rank, said)), spec.name


def _check_open(kind: Kind, spec: FieldSpec, apart: Apart, ends: tuple[Row, Row]) -> None:
    """Closed only where everybody who wrote since shows it closed.

    A change of any field speaks of the one that says whether the record is open.
    """
    is_main = spec.name == kind.open_close_field
    spoken = [
        _shown(kind, spec, node)
        for node in apart.nodes
        if (node.wrote if is_main else _set(spec, node))
    ]
    before, after = (row.values.get(spec.name) for row in ends)
    shown = [one for one in spoken or [before] if one is not None]
    if shown:
        assert (after == CLOSED) == all(one == CLOSED for one in shown), spec.name


def _check_approval(kind: Kind, spec: FieldSpec, apart: Apart, ends: tuple[Row, Row]) -> None:
    """A version that somebody approved stays until another is, by whoever saw it."""
    before, after = (row.values.get(spec.name) for row in ends)
    approved_now = [
        _shown(kind, spec, node)
        for node in apart.nodes
        if any(_is_approved(op.values.get(spec.name)) for op in node.wrote)
    ]
    standing = approved_now or ([before] if _is_approved(before) else [])
    if standing:
        assert _is_approved(after), spec.name
        assert after in standing, spec.name
    if len(approved_now) == 2 and approved_now[0] != approved_now[1]:
        assert ends[1].asks[spec.name] == "two_approvals"


def _spoken(kind: Kind, spec: FieldSpec, apart: Apart) -> list[Any]:
    """What each node shows that set the field since they parted."""
    return [_shown(kind, spec, node) for node in apart.nodes if _set(spec, node)]


def _shown(kind: Kind, spec: FieldSpec, node: ApartNode) -> Any:
    return node.value(kind.name, spec.name)


def _set(spec: FieldSpec, node: ApartNode) -> bool:
    return any(spec.name in op.values for op in node.wrote)


def _is_approved(value: Any) -> bool:
    return isinstance(value, dict) and value.get("approved") is True


def _fields(kind: Kind) -> Iterator[FieldSpec]:
    return iter(kind.fields.values())
