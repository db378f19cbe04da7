"""Who may hold whom, where a person decides: leaves that were held back, and temporary grants.

What is done here is in the audit under the administrator's name. The held requests of the offices
concerned are answered at once.
"""

from typing import Final

import msgspec

from casework.desk.held_back import seen_of
from casework.desk.holders import PERSONS_KINDS
from casework.records.files import place_subject
from casework.rules.scope import RELEASED, RELEASED_DAYS
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId, NodeId, SubjectId
from sync_protocol.io.audit_trail import AuditLine, add_lines
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.scope_rows import HeldLeave

DAY_MS: Final = 24 * 60 * 60_000


class NothingHeldBack(Refused):
    """Nobody is held back at this office: it was decided already, or there is a reason again."""

    code = "nothing_held_back"
    hint = "Go back to the list of those held back."


class HeldBackChanged(Refused):
    """Others would leave this office now than those you were shown."""

    code = "held_back_changed"
    hint = "Nothing was decided. Go back to the list, look again, and decide about those."


class Decision(msgspec.Struct, frozen=True):
    """Whose word it is about the leaves held back at a node, why, and what they had been shown."""

    node: NodeId
    actor: ActorId
    why: str
    seen: str


def held_leaves(store: OpStore) -> list[HeldLeave]:
    """The leaves that were more than usual within an hour, and wait for an administrator."""
    with store.reading() as reading:
        return reading.scope.held_leaves()


def confirm_leaves(store: OpStore, decision: Decision) -> int:
    """The people held back leave this node now; how many files that is.

    NothingHeldBack where it was decided already, HeldBackChanged where others are held back by now
    than were shown.
    """
    core = store.core
    with core.transaction():
        _check_seen(store, decision)
        left = store.ingest_side.scope.ledger.confirm_leaves(decision.node)
        _witness(store, decision, "confirm_leave", left)
        core.name_commit()
        core.note_change()
    return len(left)


def cancel_leaves(store: OpStore, decision: Decision) -> int:
    """The people held back stay for now; how many files that is. Raises as `confirm_leaves`.

    What caused it is to be mended first: whoever still has no reason leaves when the centre asks
    about them the next time.
    """
    core = store.core
    with core.transaction():
        held = _check_seen(store, decision)
        store.ingest_side.scope.ledger.cancel_leaves(decision.node)
        _witness(store, decision, "cancel_leave", held)
    return len(held)


def grant_until(
    store: OpStore, node: NodeId, subject: SubjectId, until_ms: int, *, actor: ActorId, why: str
) -> None:
    """Let a node hold a person's file until a moment, and with it who may open it."""
    core = store.core
    with core.transaction():
        store.ingest_side.scope.grant_until(node, subject, until_ms)
        detail = f"{node.hex()} until {until_ms}"
        line = AuditLine(actor=actor, act="grant", subject=subject, why=why, detail=detail)
        add_lines(core.connection, [line], core.parts.clock.now_ms())
        core.name_commit()
        core.note_change()


def end_what_is_over(store: OpStore) -> None:
    """Ask again about whoever is held for a time that is over; nobody else would.

    And about every place: one that has got its node since is told who works there.
    """
    core = store.core
    before_ms = core.parts.clock.now_ms() - RELEASED_DAYS * DAY_MS
    with core.transaction():
        scope = store.ingest_side.scope
        scope.end_temporary()
        over = scope.ledger.held_since(RELEASED, before_ms)
        with core.reading_own() as reading:
            # Of a person's files the open one answers for all.
            people = [one for one in over if reading.rows("movement", one)]
            rows = reading.select("SELECT DISTINCT subject FROM post")
            places = [SubjectId(subject) for (subject,) in rows]
        scope.ask_again([*people, *places])
        core.name_commit()
        core.note_change()


def open_office(store: OpStore, code: str) -> int:
    """Ask again about everybody whom a record names this place of; how many that is.

    An office that has just been let in is told of whoever is there already; nobody else would ask.
    Every record is looked at, once for each office that opens.
    """
    core = store.core
    with core.transaction():
        core.folding.flush()
        with core.reading_own() as reading:
            found = {place_subject(code)} | {
                row.key.subjects[0]
                for kind in sorted(PERSONS_KINDS)
                for row in reading.records_of_all(kind)
                if code in str(row.values)
            }
        store.ingest_side.scope.ask_again(found)
        core.name_commit()
        core.note_change()
    return len(found) - 1


def held_leaves_in(store: OpStore) -> list[HeldLeave]:
    """As `held_leaves`, inside the open change."""
    with store.core.reading_own() as reading:
        return reading.scope.held_leaves()


def _check_seen(store: OpStore, decision: Decision) -> list[SubjectId]:
    """The files held back at the node; raises where they are others than were shown."""
    held = [one.subject for one in held_leaves_in(store) if one.node == decision.node]
    if not held:
        raise NothingHeldBack(decision.node.hex())
    if seen_of(held) != decision.seen:
        raise HeldBackChanged(decision.node.hex())
    return held


def _witness(store: OpStore, decision: Decision, act: str, subjects: list[SubjectId]) -> None:
    core, node = store.core, decision.node.hex()
    lines = [
        AuditLine(actor=decision.actor, act=act, subject=one, why=decision.why, detail=node)
        for one in subjects
    ]
    add_lines(core.connection, lines, core.parts.clock.now_ms())
