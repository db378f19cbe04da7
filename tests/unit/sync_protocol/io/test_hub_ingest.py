"""The hub takes in runs: every authentic op is kept, judged once, and delays no other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.cursor import START
from sync_protocol.errors import BadSignature, BrokenChain, TooLarge
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.hub_ingest import Ingested
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreParts
from sync_protocol.limits import SEGMENT_OPS_MAX
from sync_protocol.messages import Hello, Request
from sync_protocol.op import OpBytes, hash_raw, op_id_of
from sync_protocol.seal import (
    Run,
    ScopeEpoch,
    Segment,
    life_chain,
    segment_chain,
    segment_claim,
)
from tests import toys

STORE_KEY = bytes(32)
SPOKE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SPOKE_PUBLIC = SPOKE_KEY.public_key().public_bytes_raw()
NODE, LIFE = toys.node(1), toys.life(1)
START_CHAIN = life_chain(NODE, LIFE, None)
EPOCH = ScopeEpoch(toys.incarnation(1), 0)
GRUDGE = {"reason": "noise"}


class FixedClock:
    """A wall clock that stands at one moment."""

    def now_ms(self) -> int:
        """The same moment, always."""
        return toys.MORNING_MS + 600_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OpStore]:
    """A hub that holds nothing."""
    path = tmp_path / "hub.db"
    store = OpStore(
        StoreParts(
            node=toys.node(9),
            registry=toys.REGISTRY,
            clock=FixedClock(),
            chance=bytes,
            signer=SPOKE_KEY,
            writer=open_encrypted(path, STORE_KEY),
            open_reader=lambda: open_encrypted(path, STORE_KEY),
            is_hub=True,
        )
    )
    yield store
    store.close()


def _run(
    raws: Sequence[OpBytes],
    *,
    first_seq: int = 1,
    before: bytes = START_CHAIN,
    key: Ed25519PrivateKey = SPOKE_KEY,
) -> Run:
    """One segment of these ops, under the spoke's signature."""
    after = _after(raws, first_seq, before)
    claim = segment_claim(NODE, LIFE, first_seq + len(raws) - 1, after)
    segment = Segment(first_seq, EPOCH, tuple(raws))
    return Run(NODE, LIFE, before, None, (segment,), key.sign(claim))


def _after(raws: Sequence[OpBytes], first_seq: int = 1, before: bytes = START_CHAIN) -> bytes:
    return segment_chain(before, EPOCH, first_seq, [hash_raw(raw) for raw in raws])


def _ingest(hub: OpStore, *runs: Run) -> Ingested:
    hello = Hello(
        count=1,
        life=LIFE,
        seq=0,
        chain=START_CHAIN,
        registry=b"",
        release="1",
        sent_ms=toys.MORNING_MS,
        cursor=START,
    )
    return hub.ingest(Request(hello, runs), NODE, SPOKE_PUBLIC)


def _grudge(seq: int, **words: Any) -> OpBytes:
    return toys.raw_op(seq, GRUDGE, toys.GRUDGE_KEY, **words)


def _count(hub: OpStore, sql: str) -> int:
    with hub.reading() as reading:
        return int(reading.select(sql)[0][0])


def test_what_is_offered_twice_is_held_once(hub: OpStore) -> None:
    """INV-03."""
    run = _run([_grudge(1), _grudge(2)])
    assert _ingest(hub, run) == Ingested(2, 0)
    assert _ingest(hub, run) == Ingested(0, 0)
    assert _count(hub, "SELECT count(*) FROM ops") == 2


def test_an_op_that_does_not_parse_is_parked_and_the_next_stands(hub: OpStore) -> None:
    """INV-09, INV-11: applied and parked add up to what was written."""
    poison = OpBytes(b"\xff" * 40, b"\xc1" * 40)
    assert _ingest(hub, _run([_grudge(1), poison, _grudge(3)])) == Ingested(3, 1)
    assert _count(hub, "SELECT count(*) FROM ops WHERE flags & 2") == 1
    assert _count(hub, "SELECT count(*) FROM standing") == 2


def test_the_same_op_twice_in_one_run_harms_nobody(hub: OpStore) -> None:
    """INV-09: the witness of a run that could never be taken, and stopped its node for good."""
    twice = [_grudge(1), _grudge(1)]
    assert _ingest(hub, _run(twice)) == Ingested(1, 0)
    assert _ingest(hub, _run([_grudge(3)], first_seq=3, before=_after(twice))) == Ingested(1, 0)


def test_an_op_of_another_place_in_the_log_is_parked(hub: OpStore) -> None:
    """INV-08: an op says itself where it belongs."""
    assert _ingest(hub, _run([_grudge(5)])) == Ingested(1, 1)


def test_who_is_not_entitled_is_parked_with_the_reason(hub: OpStore) -> None:
    assert _ingest(hub, _run([toys.raw_op(1, {"label": "x"})])) == Ingested(1, 1)
    assert _count(hub, "SELECT count(*) FROM ops WHERE reason = 'not_entitled'") == 1
    assert _count(hub, "SELECT count(*) FROM standing") == 0


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (_run([_grudge(1)], key=Ed25519PrivateKey.from_private_bytes(bytes(32))), BadSignature),
        (_run([_grudge(2)], first_seq=2), BrokenChain),
        (_run([_grudge(1)], before=b"x" * 32), BrokenChain),
        (msgspec.structs.replace(_run([_grudge(1)]), node=toys.node(2)), BrokenChain),
        (msgspec.structs.replace(_run([_grudge(1)]), segments=()), BrokenChain),
        (_run([]), TooLarge),
        (_run([_grudge(1)] * (SEGMENT_OPS_MAX + 1)), TooLarge),
    ],
    ids=lambda value: getattr(value, "__name__", "run"),
)
def test_what_is_not_authentic_changes_nothing(
    hub: OpStore, run: Run, error: type[Exception]
) -> None:
    """INV-08: turned away whole, with what came before it in the same request."""
    with pytest.raises(error):
        _ingest(hub, _run([_grudge(1)]), run)
    assert _count(hub, "SELECT count(*) FROM ops") == 0


def test_two_that_name_the_same_op_await_nothing_on_disk(hub: OpStore) -> None:
    """INV-03: what is awaited does not depend on the order of arrival."""
    first = op_id_of(hash_raw(_grudge(1)))
    rivals = [_grudge(seq, replaces={"reason": (first,)}) for seq in (2, 3)]
    _ingest(hub, _run([_grudge(1), *rivals]))
    assert _count(hub, "SELECT count(*) FROM standing") == 2
    assert _count(hub, "SELECT count(*) FROM replaced") == 0


def test_a_name_waits_on_disk_for_its_op_in_the_same_request(hub: OpStore) -> None:
    """INV-03: what the log holds already is not applied before its turn."""
    last = _grudge(2)
    named = op_id_of(hash_raw(last))
    _ingest(hub, _run([_grudge(1, replaces={"reason": (named,)}), last]))
    assert _count(hub, "SELECT count(*) FROM standing") == 1
    assert _count(hub, "SELECT count(*) FROM replaced") == 0
