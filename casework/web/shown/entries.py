"""The gathered entries of a record in words: each with who wrote it and what it said before."""

from typing import Final

from casework.desk.entries import Entry, earlier, may_correct
from casework.desk.value_words import label_of, value_words
from casework.records.shapes import field_shape
from casework.web.made.work import Made
from casework.web.shown.people import said_by
from casework.web.views import Link, Row
from sync_protocol.schema import Kind

ANOTHERS: Final = (
    "Only whoever wrote it can correct it. If you know more, add an entry of your own below."
)


def entry_rows(made: Made, address: str) -> tuple[Row, ...]:
    """Every gathered entry of a record, and where the caller may put it right."""
    return tuple(
        _row(made, one, address) for one in made.entries if made.kind.fields[one.field].is_gathered
    )


def entry_words(kind: Kind, entry: Entry) -> str:
    """What an entry says."""
    spec = kind.fields[entry.field]
    return f"{label_of(kind.name, spec)}: {value_words(field_shape(spec), entry.value)}"


def _row(made: Made, entry: Entry, address: str) -> Row:
    visit, spec = made.visit, made.kind.fields[entry.field]
    is_writer = visit.desk.place.kind in spec.rule.writers
    may = is_writer and may_correct(visit.caller, spec, entry)
    before = tuple(
        f"Said until it was corrected: {value_words(field_shape(spec), one.value)}"
        for one in earlier(entry)
    )
    words = entry_words(made.kind, entry)
    return Row(
        title=words,
        lines=(
            f"Written by {said_by(entry.source, visit.now_ms)}",
            *before,
            *((ANOTHERS,) if is_writer and not may else ()),
        ),
        links=(Link("Correct", f"{address}/{entry.field}/{entry.op.hex()}", words),) if may else (),
    )
