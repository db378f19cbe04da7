"""A spoke's log made by hand and sealed as a spoke seals it: for what no author of ours writes."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync_protocol.cursor import START
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Hello, Reply, Request
from sync_protocol.op import Op, OpBytes, hash_raw
from sync_protocol.seal import (
    Run,
    ScopeEpoch,
    Segment,
    life_chain,
    segment_chain,
    segment_claim,
)
from tests import toys
from tests.contract.world import Node, World


class CraftedLog:
    """The log of an enrolled spoke whose every byte the test chooses."""

    def __init__(self, world: World, node: Node) -> None:
        """Speak for `node`, whose own store stays out of it."""
        self.world = world
        self.node = node
        self.life = toys.life(500)
        self.seq = 0
        self.chain = life_chain(node.id, self.life, None)
        self.epoch = ScopeEpoch(world.hub.store.incarnation, 1 << 20)
        """As if it had been told of every grant."""

    def op(self, values: Mapping[str, Any], key: RecordKey = toys.PARCEL_KEY, **words: Any) -> Op:
        """The next op of this log; `words` stand in for parts of its header."""
        self.seq += 1
        own: dict[str, Any] = {"node": self.node.id, "life": self.life}
        return toys.op(self.seq, values, key=key, **own | words)

    def run(self, raws: Iterable[OpBytes], *, signer: KeySigner | None = None) -> Run:
        """One sealed segment that follows all before it; `seq` is at its last op already."""
        ops = tuple(raws)
        first_seq, before = self.seq - len(ops) + 1, self.chain
        self.chain = segment_chain(before, self.epoch, first_seq, [hash_raw(raw) for raw in ops])
        claim = segment_claim(self.node.id, self.life, self.seq, self.chain)
        segment = Segment(first_seq, self.epoch, ops)
        signature = (signer or self.node.signer).sign(claim)
        return Run(self.node.id, self.life, before, None, (segment,), signature)

    def request(self, *runs: Run, **words: Any) -> Request:
        """A request that offers these runs; `words` stand in for parts of the hello."""
        hello = Hello(
            count=self.world.hub.store.last_count(self.node.id) + 1,
            life=self.life,
            seq=self.seq,
            chain=self.chain,
            registry=toys.REGISTRY.digest,
            release="crafted",
            sent_ms=toys.MORNING_MS,
            cursor=START,
        )
        return Request(msgspec.structs.replace(hello, **words), runs)

    def offer(self, *ops: Op) -> None:
        """Have the hub take in these ops as one segment."""
        self.send(self.request(self.run([op.raw for op in ops])))

    def send(self, request: Request) -> None:
        """Carry a request to the hub's door, which must answer it."""
        came = self.world.carry(self.node, self.world.sealed(self.node, request))
        assert isinstance(came, Reply), f"refused: {came}"
