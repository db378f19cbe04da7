"""What a subject stands on at a spoke: a snapshot in place of the ops that it covers.

Implements PROTOCOL.md, Snapshots, on disk. A subject without a row here is held op by op. `past`
lists ops that are held and that the fold takes no account of, `base_*` what the snapshot said of
each record. Everything here runs in the caller's transaction; `forget` after every rollback.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from typing import Final

import msgspec

from sync_protocol.digest import EMPTY, Digest
from sync_protocol.ids import IncarnationId, OpId
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.op_log import OP_COLUMNS, OpLog, StoredOp, chunks, marks
from sync_protocol.scope import Flag
from sync_protocol.snapshot import Part, Place, is_covered

ABOUT: Final = "(subject_no = :subject OR (other_no > 0 AND other_no = :subject))"
_RECORDS: Final = f"(SELECT DISTINCT record_no FROM ops WHERE {ABOUT} AND record_no NOT NULL)"
NOT_PAST: Final = (
    "NOT EXISTS (SELECT 1 FROM past p WHERE p.op_no = ops.op_no) AND NOT EXISTS (SELECT 1 FROM"
    " base_standing b WHERE b.record_no = ops.record_no AND b.op_no = ops.op_no)"
)
"""Ops that the fold goes through one by one."""


class Way(IntEnum):
    """How what is held of a subject is folded."""

    BASED = 1
    """From the snapshot, and the ops after its cut."""
    ASIDE = 2
    """From a snapshot of a hub since restored; what comes is put aside until all of it is here."""
    PLAIN = 3
    """Op by op, all of which are on their way."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's row: whose cut it is, how it is folded, and how far its ops have come."""

    subject_no: int
    incarnation: IncarnationId
    cut: int
    way: Way
    digest: Digest = EMPTY
    place: Place
    asked_ops: int = 0
    """How many ops of its history somebody asked for."""

    @property
    def is_whole(self) -> bool:
        """Whether all is here that stands by the snapshot; what is past may come later."""
        return self.way == Way.BASED and self.place.part >= Part.HISTORY

    @property
    def is_filling(self) -> bool:
        """Whether its digest cannot agree yet, since ops that count are on their way."""
        return self.way != Way.BASED and self.place.part < Part.DONE

    @property
    def is_arriving(self) -> bool:
        """Whether ops that show are on their way; a history comes only where it is asked for."""
        return self.place.part < Part.HISTORY or self.is_filling


class BaseOp(msgspec.Struct, frozen=True):
    """An op that stands in the base; no fields where it stands in all that it sets."""

    stored: StoredOp
    fields: tuple[str, ...]


class Bases:
    """The rows of subjects that arrived by snapshot; at the hub there are none."""

    def __init__(self, connection: Connection, log: OpLog) -> None:
        """Read and write through `connection`."""
        self._connection = connection
        self._log = log
        self._kept: dict[int, Base] | None = None

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._kept = None

    def rows(self) -> dict[int, Base]:
        """Every row, by the number of its subject."""
        if self._kept is None:
            found = self._connection.execute(
                "SELECT subject_no, incarnation, cut, way, digest, digest_count, part, below,"
                " asked_ops FROM snapshots"
            )
            self._kept = {row[0]: _base(row) for row in found}
        return self._kept

    def put(self, base: Base) -> None:
        """Write a subject's row."""
        columns = (base.subject_no, base.incarnation, base.cut, int(base.way))
        digest = (base.digest.to_bytes(), base.digest.count)
        place = (int(base.place.part), base.place.below, base.asked_ops)
        self._connection.execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*columns, *digest, *place),
        )
        self.rows()[base.subject_no] = base

    def drop(self, subject_no: int, *, but: Collection[int] = ()) -> None:
        """Hold a subject op by op from now on; its records, `but` for these, are to be refolded."""
        self._connection.execute("DELETE FROM snapshots WHERE subject_no = ?", (subject_no,))
        self.rows().pop(subject_no, None)
        self.free(number for number in self.records_of(subject_no) if number not in but)

    def free(self, record_nos: Iterable[int]) -> None:
        """Forget what snapshots said of these records; they are to be folded again from all ops."""
        for part in chunks(list(record_nos)):
            for table in ("base_standing", "base_replaced"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE record_no IN ({marks(part)})", part
                )
            # By the subjects' index: without them the whole log would be read for each who arrives.
            self._connection.execute(
                "DELETE FROM past WHERE op_no IN (SELECT op_no FROM ops WHERE subject_no IN (SELECT"
                f" subject_no FROM records WHERE record_no IN ({marks(part)}))"
                f" AND +record_no IN ({marks(part)}))",
                (*part, *part),
            )

    def clear_records(self, subject_no: int) -> None:
        """Forget what a snapshot said of a subject's records."""
        for table in ("base_standing", "base_replaced"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE record_no IN {_RECORDS}", {"subject": subject_no}
            )

    def records_of(self, subject_no: int) -> list[int]:
        """The numbers of the records of a subject of which any op is held."""
        rows = self._connection.execute(
            f"SELECT record_no FROM {_RECORDS} ORDER BY record_no", {"subject": subject_no}
        )
        return [number for (number,) in rows]

    def put_past(self, subject_no: int, cut: int) -> None:
        """The fold goes no longer through the ops of a subject that a cut covers."""
        self._connection.execute(
            f"INSERT OR IGNORE INTO past SELECT op_no FROM ops WHERE {ABOUT}"
            " AND hub_seq <= :cut AND record_no NOT NULL AND flags & :parked = 0",
            {"subject": subject_no, "cut": cut, "parked": int(Flag.PARKED)},
        )

    def add_past(self, op_nos: Iterable[int]) -> None:
        """The fold takes no account of these ops."""
        rows = [(op_no,) for op_no in op_nos]
        if rows:
            self._connection.executemany("INSERT OR IGNORE INTO past VALUES (?)", rows)

    def is_past(self, op_no: int) -> bool:
        """Whether the fold takes no account of an op."""
        return bool(self._connection.execute("SELECT 1 FROM past WHERE op_no = ?", (op_no,)))

    def is_based(self, op_no: int, record_no: int | None) -> bool:
        """Whether an op stands in the base of its record, or did at the cut."""
        sql = "SELECT 1 FROM base_standing WHERE record_no = ? AND op_no = ?"
        return bool(self._connection.execute(sql, (record_no, op_no)))

    def add_standing(self, rows: Sequence[tuple[int, int, tuple[str, ...]]]) -> None:
        """(record, op, fields) of ops that stand in the base; none of them is past any more."""
        if not rows:
            return
        self._connection.executemany(
            "DELETE FROM past WHERE op_no = ?", [(op_no,) for _, op_no, _ in rows]
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO base_standing VALUES (?, ?, ?)",
            [(record_no, op_no, _column(fields)) for record_no, op_no, fields in rows],
        )

    def add_names(self, rows: Sequence[tuple[int, str, OpId]]) -> None:
        """(record, field, op id) of names that are replaced and whose op is not here."""
        if rows:
            self._connection.executemany(
                "INSERT OR IGNORE INTO base_replaced VALUES (?, ?, ?)", rows
            )

    def names_of(self, record_no: int) -> list[tuple[str, OpId]]:
        """The dangling names of a record."""
        sql = "SELECT field, op_id FROM base_replaced WHERE record_no = ?"
        rows = self._connection.execute(sql, (record_no,))
        return [(field, OpId(op_id)) for field, op_id in rows]

    def named_records(self) -> list[int]:
        """The records that have dangling names."""
        rows = self._connection.execute("SELECT DISTINCT record_no FROM base_replaced")
        return [number for (number,) in rows]

    def standing_of(self, record_no: int) -> list[BaseOp]:
        """The ops that stand in a record's base."""
        return self._standing("b.record_no = ? ORDER BY b.op_no", (record_no,))

    def standing_after(self, place: tuple[int, int], limit: int) -> list[BaseOp]:
        """The ops that stand in any base, by record and number, after a place among them."""
        where = "(b.record_no, b.op_no) > (?, ?) ORDER BY b.record_no, b.op_no LIMIT ?"
        return self._standing(where, (*place, limit))

    def covers(self, subject_no: int, hub_seq: int | None) -> bool:
        """Whether a subject's base has taken account of an op, so that it must not count again."""
        base = self.rows().get(subject_no)
        return base is not None and base.way == Way.BASED and is_covered(hub_seq, base.cut)

    def excludes(self, subject_nos: Sequence[int], hub_seq: int | None) -> bool:
        """Whether an op about these subjects that comes now is not to be folded."""
        rows = self.rows()
        return any(
            base.way != Way.PLAIN and is_covered(hub_seq, base.cut)
            for base in map(rows.get, subject_nos)
            if base is not None
        )

    def meet_incarnation(self) -> None:
        """No number of the hub's counts any more: what was based on one is so until all is here."""
        self._connection.execute("DELETE FROM snapshots WHERE way = ?", (int(Way.PLAIN),))
        self._connection.execute(
            "UPDATE snapshots SET way = ?, cut = 0, part = ?, below = 0, asked_ops = 0",
            (int(Way.ASIDE), int(Part.DONE)),
        )
        self.forget()

    def _standing(self, where: str, parameters: Sequence[int]) -> list[BaseOp]:
        names = ", ".join(f"o.{name.strip()}" for name in OP_COLUMNS.split(","))
        rows = self._connection.execute(
            f"SELECT b.fields, {names} FROM base_standing b JOIN ops o USING(op_no) WHERE {where}",
            parameters,
        )
        return [BaseOp(self._log.stored(columns), _fields(told)) for told, *columns in rows]


def _base(row: Row) -> Base:
    subject_no, incarnation, cut, way, digest, count, part, below, asked_ops = row
    return Base(
        subject_no=subject_no,
        incarnation=IncarnationId(incarnation),
        cut=cut,
        way=Way(way),
        digest=Digest(int.from_bytes(digest, "big"), count),
        place=Place(part, below),
        asked_ops=asked_ops,
    )


def _column(fields: tuple[str, ...]) -> str | None:
    return msgspec.json.encode(fields).decode() if fields else None


def _fields(column: str | None) -> tuple[str, ...]:
    return () if column is None else msgspec.json.decode(column, type=tuple[str, ...])
