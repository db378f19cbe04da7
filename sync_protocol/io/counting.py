"""The digests of subjects on disk, kept in step with the ops of the caller's open transaction.

An op counts for each of its subjects once: by itself, or with the snapshot that covers it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sync_protocol.digest import Digest
from sync_protocol.ids import OpId
from sync_protocol.io.bases import Bases
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import NO_SUBJECT_NO, AnySpot, Arrival, OpLog
from sync_protocol.scope import Flag, Verdict
from sync_protocol.snapshot import term_of


class Counting:
    """The digests that the open transaction has touched; `forget` after every rollback."""

    def __init__(self, connection: Connection, log: OpLog, bases: Bases) -> None:
        """Write through `connection`."""
        self._connection = connection
        self._log = log
        self._bases = bases
        self._digests: dict[int, Digest] = {}

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._digests.clear()

    def digest(self, subject_no: int) -> Digest:
        """A subject's digest as of now, the open change included."""
        return self._digests.get(subject_no) or self._log.digest(subject_no)

    def set_digest(self, subject_no: int, digest: Digest) -> None:
        """Count a subject anew, from the digest of a snapshot."""
        self._digests[subject_no] = digest

    def count(self, arrivals: Sequence[Arrival], placed: Sequence[AnySpot]) -> None:
        """Add the terms of new ops to the digests of their subjects."""
        has_bases = bool(self._bases.rows())
        self.add_terms(
            [
                (
                    term_of(one.op_id, one.verdict.flags),
                    *(self._uncovered(spot[1:], one.hub_seq) if has_bases else spot[1:]),
                )
                for one, spot in zip(arrivals, placed, strict=True)
                if _is_counted(one.verdict, one.hub_seq)
            ]
        )

    def add_terms(self, terms: Iterable[tuple[int, int, int]]) -> None:
        """Add each term to the digests of its subject and its other subject."""
        by_subject: defaultdict[int, list[int]] = defaultdict(list)
        for term, subject_no, other_no in terms:
            by_subject[subject_no].append(term)
            by_subject[other_no].append(term)
        by_subject.pop(NO_SUBJECT_NO, None)
        for number, of_subject in by_subject.items():
            self._digests[number] = self.digest(number).plus(*of_subject)

    def recount(
        self,
        subject_nos: tuple[int, int],
        op_id: OpId,
        before: tuple[Verdict, int | None],
        after: tuple[Verdict, int | None],
    ) -> None:
        """Take an op's old term out of its subjects' digests and put the new one in."""
        for number in filter(None, subject_nos):
            digest = self.digest(number)
            if _is_counted(*before) and not self._bases.covers(number, before[1]):
                digest = digest.minus(term_of(op_id, before[0].flags))
            if _is_counted(*after) and not self._bases.covers(number, after[1]):
                digest = digest.plus(term_of(op_id, after[0].flags))
            self._digests[number] = digest

    def flush(self) -> None:
        """Write every digest that changed."""
        rows = [(one.to_bytes(), one.count, number) for number, one in self._digests.items()]
        if rows:
            self._connection.executemany(
                "UPDATE subjects SET digest = ?, digest_count = ? WHERE subject_no = ?", rows
            )
        self._digests.clear()

    def _uncovered(self, subject_nos: tuple[int, int], hub_seq: int | None) -> tuple[int, int]:
        """The subjects in whose digest an op does not count already by a snapshot."""
        first, other = (
            NO_SUBJECT_NO if self._bases.covers(number, hub_seq) else number
            for number in subject_nos
        )
        return first, other


def _is_counted(verdict: Verdict, hub_seq: int | None) -> bool:
    return bool(verdict.flags & Flag.APPLIED) and hub_seq is not None
