"""Who may hold whom, where a person decides: leaves that were held back, and temporary grants.

What is done here is in the audit under the administrator's name. The held requests of the offices
concerned are answered at once.
"""

from typing import Final

from casework.rules.scope import RELEASED, RELEASED_DAYS
from sync_protocol.ids import ActorId, NodeId, SubjectId
from sync_protocol.io.audit_trail import AuditLine, add_lines
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.scope_rows import HeldLeave

DAY_MS: Final = 24 * 60 * 60_000


def held_leaves(store: OpStore) -> list[HeldLeave]:
    """The leaves that were more than usual within an hour, and wait for an administrator."""
    with store.reading() as reading:
        return reading.scope.held_leaves()


def confirm_leaves(store: OpStore, node: NodeId, actor: ActorId, why: str) -> int:
    """The people held back leave this node now; how many files that are."""
    core = store.core
    with core.transaction():
        left = store.ingest_side.scope.ledger.confirm_leaves(node)
        lines = [AuditLine(actor=actor, act="confirm_leave", subject=one, why=why) for one in left]
        add_lines(core.connection, lines, core.parts.clock.now_ms())
        core.name_commit()
        core.note_change()
    return len(left)


def cancel_leaves(store: OpStore, node: NodeId, actor: ActorId, why: str) -> int:
    """The people held back stay for now; how many files that are.

    What caused it is to be mended first: whoever still has no reason leaves when the centre asks
    about them the next time.
    """
    core = store.core
    with core.transaction():
        scope = store.ingest_side.scope
        held = [one.subject for one in held_leaves_in(store) if one.node == node]
        scope.ledger.cancel_leaves(node)
        lines = [AuditLine(actor=actor, act="cancel_leave", subject=one, why=why) for one in held]
        add_lines(core.connection, lines, core.parts.clock.now_ms())
    return len(held)


def grant_until(
    store: OpStore, node: NodeId, subject: SubjectId, until_ms: int, *, actor: ActorId, why: str
) -> None:
    """Let a node hold one file of a person until a moment, whatever other reasons it has."""
    core = store.core
    with core.transaction():
        store.ingest_side.scope.grant_until(node, subject, until_ms)
        detail = f"{node.hex()} until {until_ms}"
        line = AuditLine(actor=actor, act="grant", subject=subject, why=why, detail=detail)
        add_lines(core.connection, [line], core.parts.clock.now_ms())
        core.name_commit()
        core.note_change()


def end_what_is_over(store: OpStore) -> None:
    """Ask again about whoever is held for a time that is over; nobody else would."""
    core = store.core
    before_ms = core.parts.clock.now_ms() - RELEASED_DAYS * DAY_MS
    with core.transaction():
        scope = store.ingest_side.scope
        scope.end_temporary()
        over = scope.ledger.held_since(RELEASED, before_ms)
        with core.reading_own() as reading:
            # Of a person's files the open one answers for all.
            people = [one for one in over if reading.rows("movement", one)]
        scope.ask_again(people)
        core.name_commit()
        core.note_change()


def held_leaves_in(store: OpStore) -> list[HeldLeave]:
    """As `held_leaves`, inside the open change."""
    with store.core.reading_own() as reading:
        return reading.scope.held_leaves()
