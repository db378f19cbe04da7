"""The audit as an auditor asks for it: ids, codes and reasons; nothing of what a record says.

At the centre it is that of every node, each as it was sent; at an office its own. Auditors never
see lines of their own, and whatever they ask for leaves a line as well.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.posts import centre_of
from sync_protocol.ids import ID_BYTES, ActorId, NodeId, SubjectId
from sync_protocol.io.audit_copies import WORDS, trail_faults
from sync_protocol.io.audit_exchange import copy_own_lines
from sync_protocol.io.audit_trail import COLUMNS
from sync_protocol.io.reading import Reading

LINES_SHOWN: Final = 200

_COPIES: Final = (
    f"SELECT b.node, c.line_no, c.at_ms, {COLUMNS} FROM audit_copies c"  # noqa: S608
    " JOIN audit_branches b USING(branch_no)"
    f" UNION ALL SELECT node, line_no, at_ms, {COLUMNS} FROM audit_ahead"
)
_OWN: Final = f"SELECT x'' AS node, line_no, at_ms, {COLUMNS} FROM audit"  # noqa: S608


_APPOINTED: Final = "SELECT DISTINCT staff FROM post WHERE user_name = ? AND node = ?"
_NAME_AT_A_PLACE: Final = "SELECT display_name FROM post WHERE staff = ? AND node = ? LIMIT 1"


class LineView(msgspec.Struct, frozen=True):
    """One line, for whoever asks who saw whom: no name of a person, and nothing that was read."""

    node: NodeId
    place: str
    line_no: int
    at_ms: int
    officer: ActorId
    officer_name: str
    role: str
    terminal: str
    session: str
    act: str
    person: SubjectId | None
    why: str
    detail: str


class Lines(msgspec.Struct, frozen=True):
    """A page of lines, the newest first; `own` of the auditor's are left out of what was found."""

    lines: tuple[LineView, ...]
    own: int
    is_cut: bool


class OwnLines(NotAllowed):
    """Nobody looks into what they did themselves."""

    code = "own_audit"
    hint = "Ask another auditor."


class ChainView(msgspec.Struct, frozen=True):
    """A node's trail as it is here: how far it reaches, and what was found wrong with it."""

    node: NodeId
    place: str
    last_line: int
    reached_ms: int
    faults: tuple[str, ...]


def who_saw(desk: Desk, caller: Caller, person: SubjectId, *, before_ms: int = 0) -> Lines:
    """Every line about a person, the newest first."""
    _allow(desk, caller)
    found = _lines(desk, caller, "subject = ?", (person,), before_ms)
    gate.witness(desk, caller, "read_audit", (person,), detail=f"{len(found.lines)} lines")
    return found


def what_was_seen(desk: Desk, caller: Caller, officer: ActorId, *, before_ms: int = 0) -> Lines:
    """Every line of what an officer did; OwnLines where that is the auditor."""
    _allow(desk, caller)
    check_not_own(desk, caller, officer)
    found = _lines(desk, caller, "actor = ?", (officer,), before_ms)
    detail = f"officer {officer.hex()}, {len(found.lines)} lines"
    gate.witness(desk, caller, "read_audit", (), detail=detail)
    return found


def chains(desk: Desk, caller: Caller) -> tuple[ChainView, ...]:
    """Of every node, how far its trail is here; at an office nothing: it has its own alone."""
    gate.allow(desk, caller, "read_audit")
    if not desk.store.core.parts.is_hub:
        return ()
    with desk.store.changing() as connection:
        rows = connection.execute(
            "SELECT node, max(last_line), max(reached_ms) FROM audit_branches GROUP BY node"
        )
        faults = trail_faults(connection)
    return tuple(
        ChainView(
            node=NodeId(node),
            place=node_name(desk, NodeId(node)),
            last_line=last_line,
            reached_ms=reached_ms,
            faults=tuple(
                f"Line {one.line_no} {WORDS[one.code]}." for one in faults if one.node == node
            ),
        )
        for node, last_line, reached_ms in rows
    )


def check_not_own(desk: Desk, caller: Caller, officer: ActorId) -> None:
    """Raise OwnLines where an auditor asks about themselves; the attempt is in the audit."""
    if officer == caller.staff:
        gate.witness(desk, caller, "refused", (), detail=OwnLines.code)
        raise OwnLines


def bring_up(desk: Desk) -> None:
    """At the centre, have its own newest lines beside those of the offices."""
    if desk.store.core.parts.is_hub:
        copy_own_lines(desk.store)


def select_lines(
    desk: Desk, reading: Reading, columns: str, where: str, parameters: Sequence[object]
) -> list[tuple[Any, ...]]:
    """Rows of the whole audit that this node has; the words are this package's, never typed."""
    trail = _COPIES if desk.store.core.parts.is_hub else _OWN
    sql = f"SELECT {columns} FROM ({trail}) WHERE {where}"  # noqa: S608
    return reading.select(sql, parameters)


def officer_name(desk: Desk, officer: ActorId) -> str:
    """The name of a member of staff where it is known here; else what stands in the audit."""
    own = desk.staff_name(officer)
    if own is not None:
        return own
    with desk.store.reading() as reading:
        rows = reading.select(_NAME_AT_A_PLACE, (officer.hex(), centre_of(desk)))
    return str(rows[0][0]) if rows else officer.hex()


def _allow(desk: Desk, caller: Caller) -> None:
    gate.allow(desk, caller, "read_audit")
    bring_up(desk)


def _lines(
    desk: Desk, caller: Caller, where: str, parameters: tuple[object, ...], before_ms: int
) -> Lines:
    whole, values = where, parameters
    if before_ms:
        whole, values = f"{where} AND at_ms < ?", (*parameters, before_ms)
    with desk.store.reading() as reading:
        shown = f"{whole} AND actor <> ? ORDER BY at_ms DESC, line_no DESC LIMIT ?"
        columns = f"node, line_no, at_ms, {COLUMNS}"
        asked = (*values, caller.staff, LINES_SHOWN + 1)
        rows = select_lines(desk, reading, columns, shown, asked)
        own = select_lines(desk, reading, "count(*)", f"{where} AND actor = ?", (
            *parameters, caller.staff,
        ))  # fmt: skip
    views = tuple(_view(desk, row) for row in rows[:LINES_SHOWN])
    return Lines(views, own[0][0], is_cut=len(rows) > LINES_SHOWN)


def _view(desk: Desk, row: Sequence[Any]) -> LineView:
    node, line_no, at_ms, actor, act, subject, why, detail, role, terminal, session = row
    own = NodeId(node or desk.node.id)
    return LineView(
        node=own,
        place=node_name(desk, own),
        line_no=line_no,
        at_ms=at_ms,
        officer=ActorId(actor),
        officer_name=officer_name(desk, ActorId(actor)),
        role=role,
        terminal=terminal,
        session=session,
        act=act,
        person=SubjectId(subject) if subject else None,
        why=why,
        detail=detail,
    )


def ask_for_person(desk: Desk, caller: Caller, text: str) -> SubjectId | None:
    """Whose reference or number this is; None where it is nobody's. It tells nothing else."""
    gate.allow(desk, caller, "read_audit")
    raw = _as_id(text)
    with desk.store.reading() as reading:
        if raw is not None and gate.is_known(reading, SubjectId(raw)):
            return SubjectId(raw)
        rows = reading.search("identifier", text, 1) if text else []
        is_whole = bool(rows) and str(rows[0].values.get("value")).casefold() == text.casefold()
    return rows[0].key.subjects[0] if is_whole else None


def ask_for_officer(desk: Desk, caller: Caller, text: str) -> ActorId | None:
    """Which officer has this id or this user name, here or as the centre appointed them.

    None where it is nobody's, or two people's at two places.
    """
    gate.allow(desk, caller, "read_audit")
    raw = _as_id(text)
    if raw is not None:
        return ActorId(raw)
    sql = "SELECT staff FROM staff_account WHERE user_name = ?"
    with desk.store.reading() as reading:
        found = {bytes(staff) for (staff,) in reading.select(sql, (text,))}
        if not found:
            appointed = reading.select(_APPOINTED, (text, centre_of(desk)))
            found = {bytes.fromhex(staff) for (staff,) in appointed}
    return ActorId(found.pop()) if len(found) == 1 else None


def _as_id(text: str) -> bytes | None:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return raw if len(raw) == ID_BYTES else None
