"""Revoked nodes, and what came of them since: who revokes, who trusts again, who judges.

Each act is in the audit under the name of whoever did it, in the same transaction.
"""

from collections.abc import Collection

import msgspec

from sync_protocol.ids import ActorId, NodeId, OpId
from sync_protocol.io.audit_trail import AuditLine, add_lines
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.revoking import Held, Revocation, Word, quarantined, reinstate, revocations
from sync_protocol.io.revoking import revoke as revoke_node


class Said(msgspec.Struct, frozen=True):
    """Who says something, and why."""

    actor: ActorId
    why: str


def revoke(store: OpStore, node: NodeId, said: Said) -> None:
    """From now on nothing that this node sends counts, and it is told to lock."""
    with store.core.transaction():
        revoke_node(store.core, node, said.actor, said.why)
        _witness(store, said, "revoke_node", node.hex())


def trust_again(store: OpStore, node: NodeId, said: Said) -> None:
    """What this node sends from now on counts again, and it hears what it may hold."""
    with store.core.transaction():
        reinstate(store.core, node)
        _witness(store, said, "trust_node", node.hex())


def is_revoked(store: OpStore, node: NodeId) -> bool:
    """Whether a node is revoked now."""
    return any(one.node == node and one.ended_ms is None for one in all_revocations(store))


def all_revocations(store: OpStore) -> list[Revocation]:
    """Every revocation there ever was, the latest first."""
    with store.changing() as connection:
        return revocations(connection)


def in_quarantine(store: OpStore) -> list[Held]:
    """What came of nodes after they were revoked, the newest first."""
    with store.changing() as connection:
        return quarantined(connection)


def judge(store: OpStore, op_ids: Collection[OpId], word: Word, said: Said) -> bool:
    """One person's word about ops in quarantine; whether it is done, a second having said so."""
    with store.core.transaction():
        is_done = store.quarantine.decide(op_ids, word, said.actor)
        for op_id in op_ids:
            _witness(store, said, f"quarantine_{word}", op_id.hex())
    return is_done


def _witness(store: OpStore, said: Said, act: str, detail: str) -> None:
    line = AuditLine(actor=said.actor, act=act, why=said.why, detail=detail)
    add_lines(store.core.connection, [line], store.core.parts.clock.now_ms())
