"""What a sentence comes to, and where what is recorded of it cannot be true.

What came by sync is never refused: it is kept, and said here. A sentence passed before the person
was ten years old, or to be served after itself, or after one that is not recorded, is looked at by
somebody with the warrant.
Not confirmed against the text: that nobody under ten is guilty of any offence (Children and Young
Persons Act 1933 s.50).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from casework.reference.reader import describe
from casework.rules.people import age_on, date_of_birth
from casework.rules.responsibility_inputs import content_of
from casework.rules.rows import Finding, Row, is_closed
from casework.rules.spoken import day_words, listed_words
from sync_protocol.ids import SubjectId

RESPONSIBLE_YEARS: Final = 10
"""Nobody younger is guilty of any offence."""

UNITS: Final = (("years", "year"), ("months", "month"), ("weeks", "week"), ("days", "day"))


def sentence_findings(
    sentences: Iterable[Row], person_row: Row | None, person: SubjectId
) -> tuple[Finding, ...]:
    """What cannot be true of the sentences of a person."""
    recorded = list(sentences)
    held = [row for row in recorded if not is_closed(row)]
    born = date_of_birth(person_row)
    found = [*_too_young(held, born, person), *_out_of_line(held, recorded, person)]
    return tuple(dict.fromkeys(found))


def served_after(sentence: Row, sentences: Iterable[Row]) -> tuple[Row, ...]:
    """The sentences that are served before this one, the nearest first; a circle ends."""
    by_hex = {row.key.record.hex(): row for row in sentences}
    line: list[Row] = []
    at: Row | None = by_hex.get(str(content_of(sentence).get("served_after")))
    while at is not None and at not in line:
        line.append(at)
        at = by_hex.get(str(content_of(at).get("served_after")))
    return tuple(line)


def sentence_words(value: Any) -> str:
    """A version of a sentence on one line."""
    content = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(content, Mapping):
        return "a sentence that this release cannot read"
    told = content.get("terms")
    terms = [one for one in told or () if isinstance(one, Mapping)]
    lengths = listed_words([term_words(one) for one in terms]) if terms else ""
    name = describe("sentence_types", str(content.get("type")))
    on = day_words(content.get("sentenced_on"))
    return ", ".join(part for part in (name, lengths, f"{content.get('court')} on {on}") if part)


def term_words(term: Mapping[str, Any]) -> str:
    """One length: 2 years 6 months."""
    units = (*UNITS, ("hours", "hour"))
    counts = [(term.get(name), unit) for name, unit in units]
    said = [f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in counts if count]
    return " ".join(said) or describe("sentence_term_types", str(term.get("type")))


def _too_young(held: Sequence[Row], born: str | None, person: SubjectId) -> list[Finding]:
    found = []
    for row in held:
        on = str(content_of(row).get("sentenced_on", ""))
        if born is None or not on:
            continue
        age = age_on(born, on)
        if age is None or age < RESPONSIBLE_YEARS:
            words = (
                f"A sentence of {day_words(on)} is recorded of somebody born on "
                f"{day_words(born)}. Check both against the warrant."
            )
            found.append(Finding("sentence_before_age", "S2", words, (person,)))
    return found


def _out_of_line(held: Sequence[Row], recorded: Sequence[Row], person: SubjectId) -> list[Finding]:
    found = []
    known = {row.key.record.hex() for row in recorded}
    for row in held:
        after = content_of(row).get("served_after")
        if after is None:
            continue
        if row in served_after(row, recorded):
            words = "Sentences are recorded as each to be served after the other."
        elif after not in known:
            words = "A sentence is to be served after one that is not recorded here."
        else:
            continue
        words = f"{words} The dates may be wrong until somebody has read the warrants."
        found.append(Finding("sentence_order", "S2", words, (person,)))
    return found
