"""Which assessment counts, and what its answers are where two were completed apart.

The newest completed assessment is the effective one. Two that were completed within
`APART_DAYS_MAX` of each other, of which neither author had the other's before them, are both kept:
each answer is the higher of theirs until somebody signs a review that names both. A node may be
silent for that long; a later assessment is taken to have known the earlier. Sections are those of
OASys, needs those of the public repository hmpps-tier (`Need`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from casework.reference.reader import codes
from casework.rules.rows import Finding, Row, read_day
from casework.rules.spoken import day_words, listed_words
from sync_protocol.ids import RecordId

APART_DAYS_MAX: Final = 28


class Need(msgspec.Struct, frozen=True):
    """One need: the higher answer to each question, and whether anybody links it with harm."""

    area: str
    answers: Mapping[str, int]
    is_linked_to_offending: bool
    is_linked_to_harm: bool
    disputed: tuple[str, ...]
    """Questions that were answered differently."""

    @property
    def score(self) -> int:
        """The answers together."""
        return sum(self.answers.values())


class Effective(msgspec.Struct, frozen=True):
    """The assessment that counts, or the several that were completed apart."""

    completed_on: str
    records: tuple[RecordId, ...]
    """The newest first."""
    needs: tuple[Need, ...]

    @property
    def is_provisional(self) -> bool:
        """Whether several count together until somebody reviews them."""
        return len(self.records) > 1


def effective_assessment(rows: Iterable[Row], tool: str) -> Effective | None:
    """What counts of one tool's assessments; None where none was completed."""
    completed = [row for row in rows if row.values.get("tool") == tool and _content(row)]
    newest_first = sorted(completed, key=_written, reverse=True)
    if not newest_first:
        return None
    counting = _unreviewed(newest_first)
    return Effective(
        completed_on=_completed_on(counting[0]),
        records=tuple(row.key.record for row in counting),
        needs=_needs(counting),
    )


def assessment_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """Assessments completed apart, of each tool, and one that was signed twice apart."""
    all_rows = list(rows)
    tools = sorted({str(row.values.get("tool")) for row in all_rows})
    known = [effective_assessment(all_rows, tool) for tool in tools]
    found = [_apart(one) for one in known if one is not None and one.is_provisional]
    found += [_signed_twice(row) for row in all_rows if "version" in row.asks]
    return tuple(found)


def _content(row: Row) -> Mapping[str, Any] | None:
    """What a completed and signed assessment says; None of a draft, or of what cannot be read."""
    version = row.values.get("version")
    if not isinstance(version, Mapping) or version.get("approved") is not True:
        return None
    content = version.get("content")
    return content if isinstance(content, Mapping) else None


def _completed_on(row: Row) -> str:
    return str((_content(row) or {}).get("completed_on", ""))


def _written(row: Row) -> tuple[str, RecordId]:
    return (_completed_on(row), row.key.record)


def _unreviewed(newest_first: Sequence[Row]) -> list[Row]:
    """The newest, and those close to it that no other completed one had before it."""
    named = {
        str(name)
        for row in newest_first
        for name in (_content(row) or {}).get("reviewed", ())
        if name != row.key.record.hex()
    }
    newest, *others = newest_first
    # Two that name each other cannot both be older than the other: the newest counts anyhow.
    close = [row for row in others if row.key.record.hex() not in named and _is_close(row, newest)]
    return [newest, *close]


def _is_close(row: Row, newest: Row) -> bool:
    then, now = read_day(_completed_on(row)), read_day(_completed_on(newest))
    # A day that cannot be read is never a reason to pass an assessment over.
    return then is None or now is None or now - then <= timedelta(days=APART_DAYS_MAX)


def _needs(rows: Sequence[Row]) -> tuple[Need, ...]:
    by_area: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        for section in (_content(row) or {}).get("sections", ()):
            if isinstance(section, Mapping):
                by_area.setdefault(str(section.get("area")), []).append(section)
    order = list(codes("criminogenic_needs"))
    areas = sorted(
        by_area, key=lambda area: (area not in order, area in order and order.index(area))
    )
    return tuple(_need(area, by_area[area]) for area in areas)


def _need(area: str, sections: Sequence[Mapping[str, Any]]) -> Need:
    said: dict[str, set[int]] = {}
    for section in sections:
        for answer in section.get("answers", ()):
            said.setdefault(str(answer["question"]), set()).add(int(answer["score"]))
    return Need(
        area=area,
        answers={question: max(said[question]) for question in sorted(said)},
        is_linked_to_offending=any(one.get("is_linked_to_offending") for one in sections),
        is_linked_to_harm=any(one.get("is_linked_to_harm") for one in sections),
        disputed=tuple(question for question in sorted(said) if len(said[question]) > 1),
    )


def _apart(effective: Effective) -> Finding:
    questions = [f"{question}" for need in effective.needs for question in need.disputed]
    differ = f" They differ in {listed_words(questions)}." if questions else ""
    words = (
        f"{len(effective.records)} assessments were completed unseen by each other, the last on "
        f"{day_words(effective.completed_on)}.{differ} The higher answer to each question counts "
        "until somebody signs a review that names both."
    )
    return Finding("assessments_apart", "S1", words)


def _signed_twice(row: Row) -> Finding:
    words = (
        f"Two versions of the assessment of {day_words(_completed_on(row))} were signed unseen by "
        "each other. Read both: the later one is shown until somebody settles it."
    )
    return Finding("assessment_signed_twice", "S1", words)
