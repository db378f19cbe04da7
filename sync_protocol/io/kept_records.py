"""Records in memory and their rows: numbers, what stands of each, and the names awaited.

Recently touched records stay in memory between transactions, so that a run of changes to one
person reads nothing twice; `forget` after every rollback. Everything written is in the caller's
transaction (INV-02).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import msgspec

from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import (
    KEY_BYTES,
    NO_SUBJECT_NO,
    OP_COLUMNS,
    OpLog,
    Spot,
    StoredOp,
    chunks,
    marks,
)
from sync_protocol.merge import RecordKey, RecordState, new_state, standing_of

RECORDS_KEPT_MAX: Final = 5_000
REWRITE: Final = -1


class Kept(msgspec.Struct):
    """A record in memory: its numbers, its state, and the numbers of the ops that stand."""

    key: RecordKey
    spot: Spot
    state: RecordState
    places: dict[OpId, tuple[int, int]]
    """Each op's number and how many fields it sets: one standing in all of them is written so."""
    written: dict[OpId, tuple[int, int]]
    """What the standing table says now: per op, its number and in how many fields it stands.

    Between two writes fields are only ever lost, so the count tells whether the row is stale.
    """
    awaited_written: set[tuple[str, OpId]]
    is_new: bool
    """Whether no projection row of it was ever written, so that none need be taken away."""

    def begin_again(self) -> None:
        """As if nothing of it had been applied; every row of it is to be written anew."""
        self.places.clear()
        self.written = {op_id: (op_no, REWRITE) for op_id, (op_no, _) in self.written.items()}
        self.state = new_state()


class KeptRecords:
    """The records that memory holds, loaded as they are asked for."""

    def __init__(self, connection: Connection, log: OpLog, chance: Callable[[int], bytes]) -> None:
        """`chance` makes the keys of subjects met for the first time."""
        self._connection = connection
        self._log = log
        self._chance = chance
        self._kept: dict[RecordKey, Kept] = {}

    def __getitem__(self, key: RecordKey) -> Kept:
        """A record that was brought into memory."""
        return self._kept[key]

    def __contains__(self, key: RecordKey) -> bool:
        """Whether memory holds it; after `bring`, whether it is held at all."""
        return key in self._kept

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._kept.clear()

    def shrink(self) -> None:
        """Let go of everything where too much is kept; nothing may be unwritten."""
        if len(self._kept) > RECORDS_KEPT_MAX:
            self._kept.clear()

    def bring(self, keys: Iterable[RecordKey]) -> None:
        """Load those of the records that are held and not in memory."""
        spots = self._find([key for key in keys if key not in self._kept])
        self._load([self.remember(key, spot, is_new=False) for key, spot in spots.items()])

    def remember(self, key: RecordKey, spot: Spot, *, is_new: bool) -> Kept:
        """Keep a record of which nothing stands yet in memory."""
        kept = Kept(key, spot, new_state(), {}, {}, set(), is_new=is_new)
        self._kept[key] = kept
        return kept

    def add(self, keys: Collection[RecordKey]) -> dict[RecordKey, Spot]:
        """Number records that are not held yet, and their subjects."""
        if not keys:
            return {}
        sql = "SELECT coalesce(max(record_no), 0) + 1 FROM records"
        first = int(self._connection.execute(sql)[0][0])
        spots = {key: self._new_spot(key, number) for number, key in enumerate(keys, start=first)}
        self._connection.insert(
            "records(record_no, subject_no, other_no, record, kind)",
            [(*spot, key.record, key.kind) for key, spot in spots.items()],
        )
        return spots

    def keys(self, record_nos: Sequence[int]) -> list[RecordKey]:
        """The records of these numbers."""
        keys: list[RecordKey] = []
        for part in chunks(record_nos):
            sql = (
                "SELECT kind, subject_no, other_no, record FROM records"
                f" WHERE record_no IN ({marks(part)})"
            )
            for kind, subject_no, other_no, record in self._connection.execute(sql, part):
                keys.append(RecordKey(kind, self._subjects(subject_no, other_no), record))
        return keys

    def write(self, records: Collection[Kept]) -> None:
        """Bring the tables to what stands and what is awaited of these records."""
        self._write_standing(records)
        self._write_awaited(records)

    def write_alone(self, rows: Sequence[tuple[int, int]]) -> None:
        """(record_no, op_no) of ops that stand alone, in all their fields, in new records."""
        self._connection.insert("standing(record_no, op_no)", rows)

    def _new_spot(self, key: RecordKey, number: int) -> Spot:
        nos = [self._subject_no(one) for one in key.subjects]
        return (number, nos[0], nos[1] if len(nos) > 1 else NO_SUBJECT_NO)

    def _subject_no(self, subject: SubjectId) -> int:
        known = self._log.subject_no(subject)
        return self._log.add_subject(subject, self._chance(KEY_BYTES)) if known is None else known

    def _find(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Spot]:
        found: dict[RecordKey, Spot] = {}
        wanted = set(keys)
        for part in chunks(list({key.record for key in keys})):
            sql = (
                "SELECT record_no, record, subject_no, other_no, kind FROM records"
                f" WHERE record IN ({marks(part)})"
            )
            for number, record, subject_no, other_no, kind in self._connection.execute(sql, part):
                key = RecordKey(kind, self._subjects(subject_no, other_no), record)
                if key in wanted:
                    found[key] = (number, subject_no, other_no)
        return found

    def _subjects(self, subject_no: int, other_no: int) -> tuple[SubjectId, ...]:
        first = self._log.subject(subject_no)
        return (first, self._log.subject(other_no)) if other_no else (first,)

    def _load(self, records: Sequence[Kept]) -> None:
        """Read what stands of records that memory does not hold."""
        by_number = {one.spot[0]: one for one in records}
        names = ", ".join(f"o.{name.strip()}" for name in OP_COLUMNS.split(","))
        for part in chunks(list(by_number)):
            sql = (
                f"SELECT s.fields, s.record_no, {names} FROM standing s JOIN ops o USING(op_no)"
                f" WHERE s.record_no IN ({marks(part)})"
            )
            for fields, number, *columns in self._connection.execute(sql, part):
                _load_standing(by_number[number], fields, self._log.stored(columns))
            sql = f"SELECT record_no, field, op_id FROM replaced WHERE record_no IN ({marks(part)})"
            for number, field, op_id in self._connection.execute(sql, part):
                by_number[number].state.awaited.add((field, OpId(op_id)))
                by_number[number].awaited_written.add((field, OpId(op_id)))

    def _write_standing(self, records: Collection[Kept]) -> None:
        gone, come = [], []
        for kept in records:
            number = kept.spot[0]
            now = {
                op_id: (kept.places[op_id][0], len(one.values))
                for op_id, one in kept.state.standing.items()
            }
            lost = kept.written.keys() - now.keys()
            gone += [(number, kept.written[op_id][0]) for op_id in lost]
            come += [
                (number, place[0], _fields_column(kept, op_id))
                for op_id, place in now.items()
                if kept.written.get(op_id) != place
            ]
            kept.written = now
        self._change("DELETE FROM standing WHERE record_no = ? AND op_no = ?", gone)
        self._change("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)", come)

    def _write_awaited(self, records: Collection[Kept]) -> None:
        gone, come = [], []
        for kept in records:
            now, number = kept.state.awaited, kept.spot[0]
            if now == kept.awaited_written:
                continue
            gone += [(number, *name) for name in kept.awaited_written - now]
            come += [(number, *name) for name in now - kept.awaited_written]
            kept.awaited_written = set(now)
        self._change("DELETE FROM replaced WHERE record_no = ? AND field = ? AND op_id = ?", gone)
        self._change("INSERT INTO replaced VALUES (?, ?, ?)", come)

    def _change(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._connection.executemany(sql, rows)


def _load_standing(kept: Kept, fields: str | None, stored: StoredOp) -> None:
    stands = standing_of(stored.read(), suspect=stored.verdict.is_suspect)
    kept.places[stored.op_id] = (stored.op_no, len(stands.values))
    if fields is not None:
        names = msgspec.json.decode(fields, type=list[str])
        values = {name: stands.values[name] for name in names}
        stands = msgspec.structs.replace(stands, values=values)
    kept.state.standing[stored.op_id] = stands
    kept.written[stored.op_id] = (stored.op_no, len(stands.values))


def _fields_column(kept: Kept, op_id: OpId) -> str | None:
    """None where the op stands in all its fields, which is nearly always."""
    fields = kept.state.standing[op_id].values
    if len(fields) == kept.places[op_id][1]:
        return None
    return msgspec.json.encode(sorted(fields)).decode()
