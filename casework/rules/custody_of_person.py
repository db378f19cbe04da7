"""What pages, the API and what is due are told of a person's custody, from their records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from casework.rules.absences import absence_due, absence_findings, outings_of
from casework.rules.custody import KINDS as FOLDED
from casework.rules.custody import CustodyState, custody_state
from casework.rules.custody_findings import releases_before_sentence
from casework.rules.due import Due, by_day
from casework.rules.recall_terms import term_due, term_ends
from casework.rules.recalls import PARTLY, RecallState, ahead_findings, recall_findings, recall_of
from casework.rules.rows import Finding, Row, by_gravity, day_of
from casework.rules.sightings import sighting_findings
from casework.rules.spoken import clock_words

KINDS: Final = (*FOLDED, "temporary_absence", "seen_in_community")
"""The kinds that are read; a caller that leaves one out is told nothing of it."""

RowsByKind = Mapping[str, Sequence[Row]]


class FoldedOnce(Mapping[str, Sequence[Row]]):
    """A person's rows by kind, for many rules at once: custody is folded when the first asks."""

    def __init__(self, rows: RowsByKind) -> None:
        """Over rows that nobody changes any more."""
        self._rows = rows
        self._folded: tuple[int, CustodyState] | None = None

    def __getitem__(self, kind: str) -> Sequence[Row]:
        """The rows of a kind."""
        return self._rows[kind]

    def __iter__(self) -> Iterator[str]:
        """The kinds."""
        return iter(self._rows)

    def __len__(self) -> int:
        """How many kinds."""
        return len(self._rows)

    def custody(self, now_ms: int) -> CustodyState:
        """Where the person is as of a moment."""
        if self._folded is None or self._folded[0] != now_ms:
            self._folded = (now_ms, custody_state(folded_rows(self), as_of_ms=now_ms))
        return self._folded[1]


def custody_of_person(rows: RowsByKind, *, now_ms: int) -> CustodyState:
    """Where the person is now, with the findings that follow from it."""
    if isinstance(rows, FoldedOnce):
        return rows.custody(now_ms)
    return custody_state(folded_rows(rows), as_of_ms=now_ms)


def folded_rows(rows: RowsByKind) -> list[Row]:
    """The rows that custody is folded from."""
    return [row for kind in FOLDED for row in rows.get(kind, ())]


def findings_of_custody(rows: RowsByKind, _day: str, now_ms: int) -> tuple[Finding, ...]:
    """Everything that is wrong with a person's custody now, the gravest first."""
    state = custody_of_person(rows, now_ms=now_ms)
    return by_gravity([*state.findings, *other_findings(rows, now_ms=now_ms)])


def other_findings(rows: RowsByKind, *, now_ms: int) -> tuple[Finding, ...]:
    """What is wrong beyond where the person is: recalls, temporary absences, sightings."""
    outings = outings_of(
        rows.get("temporary_absence", ()), rows.get("movement", ()), as_of_ms=now_ms
    )
    seen = sighting_findings(rows.get("seen_in_community", ()), folded_rows(rows), as_of_ms=now_ms)
    early = releases_before_sentence(rows.get("release", ()), rows.get("sentence", ()))
    recalls = rows.get("recall", ())
    ahead = ahead_findings(recalls, now_ms=now_ms)
    found = [*ahead, *recall_findings(recalls), *absence_findings(outings), *seen, *early]
    people = {row.key.subjects[0] for kind in KINDS for row in rows.get(kind, ())}
    subjects = tuple(sorted(people))
    return by_gravity([msgspec.structs.replace(one, subjects=subjects) for one in found])


def due_of_custody(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """What is to be done about a person's custody, the earliest first."""
    outings = outings_of(
        rows.get("temporary_absence", ()), rows.get("movement", ()), as_of_ms=now_ms
    )
    recalls = [recall_of(row) for row in rows.get("recall", ())]
    papers = [due for one in recalls for due in _papers(one, day)]
    terms = term_ends(
        rows.get("recall", ()),
        rows.get("movement", ()),
        custody_of_person(rows, now_ms=now_ms),
        as_of_ms=now_ms,
    )
    return by_day([*absence_due(outings, day=day), *papers, *term_due(terms)])


def _papers(recall: RecallState, day: str) -> list[Due]:
    """The signatures and the sending of a recall, due on the day it is decided."""
    if not recall.is_open or recall.decided_ms is None:
        return []
    decided = f"Recall was decided at {clock_words(recall.decided_ms)}"
    due_on = min(day_of(recall.decided_ms), day)
    if not recall.is_in_force:
        signed = "one signature is missing" if recall.weight == PARTLY else "nobody has signed it"
        words = f"{decided}, and {signed}: it is not in force until it is signed."
        return [_due("recall_to_sign", words, due_on, recall)]
    if not recall.is_sent:
        words = f"{decided}, and is not sent to the public protection casework section yet."
        return [_due("recall_to_send", words, due_on, recall)]
    return []


def _due(code: str, words: str, due_on: str, recall: RecallState) -> Due:
    return Due(code, words, due_on, None, "S1", "recall", recall.record.hex())
