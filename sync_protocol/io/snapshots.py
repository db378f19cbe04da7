"""The hub builds the snapshot of a subject that enters a spoke's scope, and its later parts.

Implements PROTOCOL.md, Snapshots. The cut is the end of the log as this reply sees it, so that what
stands is read from its table as it is. Later parts are asked for by the spoke, which says how
far it has come: the hub remembers nothing of it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from sync_protocol.ids import IncarnationId, NodeId, OpId, RecordId, SubjectId
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.op_log import OpLog, chunks, marks
from sync_protocol.io.reach import COLUMNS, NO_LIFE, Found, Reach
from sync_protocol.limits import DANGLING_MAX
from sync_protocol.op import read_opening
from sync_protocol.schema import Registry
from sync_protocol.scope import Flag, ScopeStep
from sync_protocol.seal import Signer
from sync_protocol.snapshot import (
    Dangling,
    Part,
    Place,
    Snapshot,
    Stands,
    Want,
    first_place,
    part_of,
    snapshot_claim,
)

_ABOUT: Final = "(o.subject_no = :subject OR (o.other_no > 0 AND o.other_no = :subject))"
_PAST: Final = (
    f"SELECT {COLUMNS} FROM ops o LEFT JOIN standing s ON s.record_no = o.record_no"
    f" AND s.op_no = o.op_no WHERE {_ABOUT} AND s.op_no IS NULL AND o.flags & :parked = 0"
    " AND +o.hub_seq < :below ORDER BY +o.hub_seq DESC LIMIT :limit"
)
"""By the subject's index: the log's own, which is in this order, may hold a million others."""

DANGLING_BYTES: Final = 96
"""About what a dangling name takes in a message."""


class _Piece(msgspec.Struct, frozen=True):
    """An op in its part of an arrival, and the fields in which it stands."""

    part: Part
    found: Found
    fields: tuple[str, ...] = ()


class HubSnapshots:
    """Reads snapshots from one reader's view of the log, for one spoke."""

    def __init__(
        self, connection: Connection, registry: Registry, node: NodeId, incarnation: IncarnationId
    ) -> None:
        """Read through `connection`, inside a transaction; what is made is for `node`."""
        self._connection = connection
        self._registry = registry
        self._log = OpLog(connection)
        self._node = node
        self._incarnation = incarnation

    def enter(self, reach: Reach, step: ScopeStep, subject_no: int, cut: int) -> bool:
        """Take the first parts of a subject that enters; whether they were begun.

        A subject that does not fit in what is left of a reply begins the next one, so that all of
        its safety comes at once wherever one reply can hold it.
        """
        pieces, later = self._pieces(subject_no)
        dangling = self._dangling(subject_no)
        size = sum(one.found.size for one in pieces) + len(dangling) * DANGLING_BYTES
        if reach.found and not reach.has_room(len(pieces), size):
            return False
        digest = self._log.digest(subject_no)
        snapshot = Snapshot(
            subject=step.subject,
            cut=cut,
            number=step.number,
            registry=self._registry.digest,
            since=first_place(cut),
            until=first_place(cut),
            digest=digest.to_bytes(),
            count=digest.count,
            dangling=dangling if len(dangling) <= DANGLING_MAX else (),
            is_plain=len(dangling) > DANGLING_MAX,
        )
        self._take(reach, snapshot, pieces, Place(Part.LATER if later else Part.HISTORY, cut + 1))
        reach.size += len(dangling) * DANGLING_BYTES
        return True

    def go_on(self, reach: Reach, wants: Sequence[Want]) -> None:
        """Take what a spoke asks for of subjects that it may hold, as long as there is room."""
        for want in wants:
            if reach.more:
                return
            number, subject_no = self._granted(want.subject, reach.cursor.scope_epoch)
            if not subject_no:
                continue
            if reach.room > 0:
                self._page(reach, want, number, subject_no)
            else:
                reach.more = True

    def sign(self, snapshots: Iterable[Snapshot], signer: Signer) -> tuple[Snapshot, ...]:
        """Each under the hub's signature."""
        return tuple(
            msgspec.structs.replace(
                one, signature=signer.sign(snapshot_claim(self._incarnation, self._node, one))
            )
            for one in snapshots
        )

    def _page(self, reach: Reach, want: Want, number: int, subject_no: int) -> None:
        since = want.place
        snapshot = Snapshot(
            subject=want.subject,
            cut=want.cut,
            number=number,
            registry=self._registry.digest,
            since=since,
            until=since,
        )
        room = min(reach.room, want.room_ops)
        if since.part < Part.HISTORY:
            pieces = [
                one
                for of_part in self._pieces(subject_no)
                for one in of_part
                if _is_next(one, since) and one.found.hub_seq <= want.cut
            ]
            ending = Place(Part.HISTORY, want.cut + 1)
        else:
            pieces = self._past(subject_no, since.below, room + 1)
            ending = Place(Part.DONE, 0)
        is_cut = len(pieces) > room
        if is_cut:
            last = pieces[room - 1]
            pieces, ending = pieces[:room], Place(last.part, last.found.hub_seq)
        self._take(reach, snapshot, pieces, ending)

    def _take(
        self, reach: Reach, snapshot: Snapshot, pieces: Sequence[_Piece], ending: Place
    ) -> None:
        """As many of the pieces as fit; the place that is told is after the last of them."""
        before = len(reach.found)
        until = ending
        if not reach.take(self._as_sent(pieces)):
            reach.more = True
            pieces = pieces[: len(reach.found) - before]
            if not pieces:
                return
            until = Place(pieces[-1].part, pieces[-1].found.hub_seq)
        stands = tuple(
            Stands(one.found.op_id, one.fields)
            for one in pieces
            if one.part not in (Part.REFS, Part.HISTORY)
        )
        reach.snapshots.append(msgspec.structs.replace(snapshot, until=until, stands=stands))

    def _as_sent(self, pieces: Sequence[_Piece]) -> Iterable[Found]:
        """What a node wrote itself of somebody it let go of is sent in full: it has no key.

        INV-07: of two people it is enough that the node let go of the other.
        """
        closed = self._let_go_of([one.found.op_no for one in pieces])
        return [
            msgspec.structs.replace(one.found, life_no=NO_LIFE)
            if one.found.op_no in closed
            else one.found
            for one in pieces
        ]

    def _let_go_of(self, op_nos: Sequence[int]) -> set[int]:
        """Those of the ops that are about somebody whom the node let go of at any time."""
        found: set[int] = set()
        for part in chunks(op_nos):
            rows = self._connection.execute(
                "SELECT o.op_no FROM ops o WHERE EXISTS (SELECT 1 FROM spans p WHERE p.node = ?"
                " AND p.subject_no IN (o.subject_no, o.other_no) AND p.sealed_ms NOT NULL)"
                f" AND o.op_no IN ({marks(part)})",
                (self._node, *part),
            )
            found |= {op_no for (op_no,) in rows}
        return found

    def _pieces(self, subject_no: int) -> tuple[list[_Piece], list[_Piece]]:
        """Safety, the rest, and what these rely on; and what comes later than these."""
        standing = sorted(self._standing(subject_no), key=_in_order)
        first = [one for one in standing if one.part != Part.LATER]
        return [*first, *self._refs(subject_no, first)], standing[len(first) :]

    def _standing(self, subject_no: int) -> list[_Piece]:
        """All that stands of a subject now."""
        rows = self._connection.execute(
            f"SELECT {COLUMNS}, s.fields, o.is_safety, r.kind FROM ops o JOIN standing s"
            " ON s.record_no = o.record_no AND s.op_no = o.op_no JOIN records r"
            f" ON r.record_no = o.record_no WHERE {_ABOUT}",
            {"subject": subject_no},
        )
        return [self._piece(row) for row in rows]

    def _piece(self, row: Row) -> _Piece:
        *columns, fields, is_safety, name = row
        kind = self._registry.kinds.get(name)
        part = part_of(is_safety=bool(is_safety), is_later=kind is not None and kind.is_later)
        named = () if fields is None else tuple(msgspec.json.decode(fields, type=list[str]))
        return _Piece(part, Found(*columns), named)

    def _refs(self, subject_no: int, standing: Sequence[_Piece]) -> list[_Piece]:
        """What standing ops rely on, at once or through others, as far as it is past itself."""
        known = {one.found.op_id for one in standing}
        found: list[Found] = []
        new = [one.found for one in standing]
        while new:
            named = self._named_by(new) - known
            known |= named
            new = self._past_ops(subject_no, sorted(named))
            found += new
        pieces = [_Piece(Part.REFS, one) for one in found]
        return sorted(pieces, key=_in_order)

    def _named_by(self, found: Sequence[Found]) -> set[OpId]:
        named: set[OpId] = set()
        for part in chunks([one.op_no for one in found]):
            sql = f"SELECT opening FROM ops WHERE op_no IN ({marks(part)})"
            for (opening,) in self._connection.execute(sql, part):
                named.update(read_opening(opening).refs)
        return named

    def _past_ops(self, subject_no: int, op_ids: Sequence[OpId]) -> list[Found]:
        """Those of the ops that are about the subject, applied, and stand in nothing any more."""
        found: list[Found] = []
        for part in chunks(op_ids):
            rows = self._connection.execute(
                f"SELECT {COLUMNS} FROM ops o LEFT JOIN standing s ON s.record_no = o.record_no"
                f" AND s.op_no = o.op_no WHERE o.op_id IN ({marks(part)}) AND s.op_no IS NULL"
                " AND ? IN (o.subject_no, o.other_no) AND o.flags & ? = 0",
                (*part, subject_no, Flag.PARKED),
            )
            found += [Found(*row) for row in rows]
        return found

    def _past(self, subject_no: int, below: int, limit: int) -> list[_Piece]:
        """The history: what counted once and stands in nothing now, the newest first."""
        named = {
            "subject": subject_no,
            "below": below,
            "limit": limit,
            "parked": int(Flag.PARKED),
        }
        rows = self._connection.execute(_PAST, named)
        return [_Piece(Part.HISTORY, Found(*row)) for row in rows]

    def _dangling(self, subject_no: int) -> tuple[Dangling, ...]:
        """Names that are replaced and whose op is not applied, up to one more than may be told."""
        rows = self._connection.execute(
            "SELECT r.kind, r.subject_no, r.other_no, r.record, n.field, n.op_id FROM (SELECT"
            f" DISTINCT o.record_no FROM ops o WHERE {_ABOUT}) JOIN replaced n USING(record_no)"
            " JOIN records r USING(record_no) ORDER BY n.record_no, n.field, n.op_id LIMIT :limit",
            {"subject": subject_no, "limit": DANGLING_MAX + 1},
        )
        return tuple(
            Dangling(kind, self._subjects(no, other), RecordId(record), field, OpId(op_id))
            for kind, no, other, record, field, op_id in rows
        )

    def _subjects(self, subject_no: int, other_no: int) -> tuple[SubjectId, ...]:
        first = self._log.subject(subject_no)
        return (first, self._log.subject(other_no)) if other_no else (first,)

    def _granted(self, subject: SubjectId, epoch: int) -> tuple[int, int]:
        """INV-05: the number of the grant that the spoke was told of, and the subject's; else 0."""
        rows = self._connection.execute(
            "SELECT g.number, g.subject_no FROM grants g JOIN subjects s USING(subject_no)"
            " WHERE g.node = ? AND s.subject = ? AND g.number <= ?",
            (self._node, subject, epoch),
        )
        return (rows[0][0], rows[0][1]) if rows else (0, 0)


def _in_order(piece: _Piece) -> tuple[int, int]:
    return (piece.part, -piece.found.hub_seq)


def _is_next(piece: _Piece, since: Place) -> bool:
    return (piece.part, -piece.found.hub_seq) > (since.part, -since.below)
