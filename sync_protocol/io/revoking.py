"""The hub revokes a node, and two people judge what came of it since.

Implements PROTOCOL.md, Revocation. Revoked counts from receipt: what the hub had received before
stands, what comes after is parked and kept, whatever time it claims. Nothing here takes an op away.
Everything runs in the caller's transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

import msgspec

from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import ActorId, IncarnationId, NodeId, OpId
from sync_protocol.io.connection import Connection
from sync_protocol.io.hub_scope import HubScope
from sync_protocol.io.op_log import StoredOp, chunks, marks
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import CHANGE_SET_OPS_MAX
from sync_protocol.op import Op
from sync_protocol.scope import (
    REVOKED,
    Verdict,
    is_entitled,
    is_late,
    join_verdicts,
    judge,
    judge_sets,
    set_of,
)
from sync_protocol.seal import ScopeEpoch

PEOPLE_NEEDED: Final = 2
Word = Literal["release", "keep"]


class AlreadyRevoked(Refused):
    """This node is revoked already."""

    code = "already_revoked"
    hint = "Nothing more is to be done; what comes of it is listed in quarantine."


class NotRevoked(Refused):
    """This node is not revoked."""

    code = "not_revoked"
    hint = "Look at the list of nodes again."


class SameJudge(Refused):
    """You have said this of these changes already, and somebody else must say so too."""

    code = "same_judge"
    hint = "Ask another who may decide to look at them and to say the same."


class NotInQuarantine(NotFound):
    """These changes are not in quarantine, or no longer."""

    code = "not_in_quarantine"
    hint = "Go back to the list and look again."


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """That a node was revoked: since when, by whom, why, and until when."""

    node: NodeId
    at_ms: int
    actor: ActorId
    why: str
    ended_ms: int | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An op in quarantine, and what was said of it last."""

    op_no: int
    op_id: OpId
    node: NodeId
    reached_ms: int
    word: Word | None = None
    said_by: ActorId | None = None
    is_settled: bool = False
    """Whether two people have said that it stays parked."""


def revoke(core: StoreCore, node: NodeId, actor: ActorId, why: str) -> None:
    """From the next request of this node on: nothing it sends counts, and it is told to lock."""
    if node in core.revoked:
        raise AlreadyRevoked(node.hex())
    now_ms = core.parts.clock.now_ms()
    # Two within a millisecond of one another would be one: a clock that stood still is no reason.
    core.connection.execute(
        "INSERT INTO revoked SELECT ?1, max(?2, coalesce(max(at_ms) + 1, ?2)), ?3, ?4, NULL"
        " FROM revoked WHERE node = ?1",
        (node, now_ms, actor, why),
    )
    _note(core)


def reinstate(core: StoreCore, node: NodeId) -> None:
    """The node is trusted again, as after it was enrolled anew; what is in quarantine stays."""
    if node not in core.revoked:
        raise NotRevoked(node.hex())
    core.connection.execute(
        "UPDATE revoked SET ended_ms = ? WHERE node = ? AND ended_ms IS NULL",
        (core.parts.clock.now_ms(), node),
    )
    _note(core)


def revocations(connection: Connection) -> list[Revocation]:
    """Every revocation, the latest first."""
    rows = connection.execute(
        "SELECT node, at_ms, actor, why, ended_ms FROM revoked ORDER BY at_ms DESC, node"
    )
    return [
        Revocation(
            node=NodeId(node),
            at_ms=at_ms,
            actor=ActorId(actor),
            why=why,
            ended_ms=ended_ms,
        )
        for node, at_ms, actor, why, ended_ms in rows
    ]


def quarantined(connection: Connection, limit: int = 500) -> list[Held]:
    """What came of nodes after they were revoked and does not count, the newest first."""
    rows = connection.execute(
        "SELECT o.op_no, o.op_id, l.node, o.reached_ms, q.word, q.actor,"
        " (SELECT count(*) FROM quarantine k WHERE k.op_id = o.op_id AND k.word = 'keep')"
        " FROM ops o JOIN lives l USING(life_no) LEFT JOIN quarantine q ON q.op_id = o.op_id AND"
        " q.at_ms = (SELECT max(at_ms) FROM quarantine m WHERE m.op_id = o.op_id)"
        " WHERE o.flags & 2 AND o.reason = ? GROUP BY o.op_no ORDER BY o.op_no DESC LIMIT ?",
        (REVOKED, limit),
    )
    return [
        Held(
            op_no=op_no,
            op_id=OpId(op_id),
            node=NodeId(node),
            reached_ms=reached_ms,
            word=word,
            said_by=None if actor is None else ActorId(actor),
            is_settled=kept >= PEOPLE_NEEDED,
        )
        for op_no, op_id, node, reached_ms, word, actor, kept in rows
    ]


class Quarantine:
    """Judges what is in quarantine, on the word of two people."""

    def __init__(self, core: StoreCore, scope: HubScope) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core
        self._scope = scope

    def decide(self, op_ids: Collection[OpId], word: Word, actor: ActorId) -> bool:
        """Note what one person says of ops; whether it is done, another having said the same.

        Whoever says otherwise than the one before begins anew. Ops of one change set are decided
        together. A released op is judged as if it came now, and told to whom it concerns.
        """
        held = self._whole(op_ids)
        said = self._said(held)
        if any(one == (word, actor) for one in said):
            raise SameJudge(word)
        names = [(one.op_id,) for one in held]
        connection = self._core.connection
        if any(of_word != word for of_word, _ in said):
            connection.executemany("DELETE FROM quarantine WHERE op_id = ?", names)
        now_ms = self._core.parts.clock.now_ms()
        connection.insert("quarantine", [(*name, word, actor, now_ms) for name in names])
        is_done = any(of_word == word for of_word, _ in said)
        if is_done and word == "release":
            self._release(held)
        self._core.name_commit()
        self._core.note_change()
        return is_done

    def _whole(self, op_ids: Collection[OpId]) -> list[StoredOp]:
        """The ops named, with the rest of their change sets; each must be in quarantine."""
        log = self._core.log
        found = log.find(op_ids)
        named = [one for one in found.values() if _is_held(one)]
        if not named or len(named) < len(set(op_ids)):
            raise NotInQuarantine(", ".join(sorted(one.hex() for one in op_ids)))
        whole = {one.op_no: one for one in named}
        for one in named:
            mine = set_of(one.read())
            if mine is None:
                continue
            beside = log.select(
                "life_no = ? AND flags & 2 AND reason = ? AND seq BETWEEN ? AND ?",
                (one.life_no, REVOKED, one.seq - CHANGE_SET_OPS_MAX, one.seq + CHANGE_SET_OPS_MAX),
            )
            whole |= {other.op_no: other for other in beside if set_of(other.read()) == mine}
        return [whole[op_no] for op_no in sorted(whole)]

    def _said(self, held: Sequence[StoredOp]) -> set[tuple[str, ActorId]]:
        said: set[tuple[str, ActorId]] = set()
        for part in chunks([one.op_id for one in held]):
            rows = self._core.connection.execute(
                f"SELECT word, actor FROM quarantine WHERE op_id IN ({marks(part)})", part
            )
            said |= {(word, ActorId(actor)) for word, actor in rows}
        return said

    def _release(self, held: Iterable[StoredOp]) -> None:
        core = self._core
        now_ms = core.parts.clock.now_ms()
        judged = [(one, one.read()) for one in held]
        verdicts = judge_sets([(op, self._judge(one, op, now_ms)) for one, op in judged])
        first = core.next_hub_seq()
        for place, ((one, _), verdict) in enumerate(zip(judged, verdicts, strict=True)):
            core.folding.rejudge(one, _after(one.verdict, verdict), first + place)
        core.folding.flush()
        stands = [op for (_, op), verdict in zip(judged, verdicts, strict=True) if _counts(verdict)]
        self._scope.rescope(stands)

    def _judge(self, stored: StoredOp, op: Op, now_ms: int) -> Verdict:
        """By what its node had been told when it wrote, as of any op."""
        core, node = self._core, op.header.node
        spans = self._scope.spans_of(node, [op])
        self._scope.note_creation(op, node, spans)
        told = self._scope.told_by(stored.life_no, stored.seq)(self._epoch(stored), stored.seq)
        entitled = is_entitled(op, told, spans, core.parts.registry)
        return judge(op, entitled=entitled, now_ms=now_ms, late=is_late(op, told, spans))

    def _epoch(self, stored: StoredOp) -> ScopeEpoch:
        ((incarnation, number),) = self._core.connection.execute(
            "SELECT epoch_incarnation, epoch_number FROM segments WHERE life_no = ?"
            " AND ? BETWEEN first_seq AND last_seq LIMIT 1",
            (stored.life_no, stored.seq),
        )
        return ScopeEpoch(IncarnationId(incarnation), number)


def _is_held(stored: StoredOp) -> bool:
    is_quarantined = stored.verdict.is_parked and stored.verdict.reason == REVOKED
    return is_quarantined and stored.record_no is not None


def _after(before: Verdict, judged: Verdict) -> Verdict:
    """Applied beats parked; where it stays parked, the present reason is the one that counts."""
    return judged if judged.is_parked else join_verdicts(before, judged)


def _counts(verdict: Verdict) -> bool:
    return not verdict.is_parked


def _note(core: StoreCore) -> None:
    core.note_revoked()
    core.name_commit()
    core.note_change()
