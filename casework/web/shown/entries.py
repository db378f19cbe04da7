"""The gathered entries of a record in words: each with who wrote it and what it said before."""

from collections.abc import Mapping
from typing import Any, Final

from casework.desk.entries import Entry, earlier, may_correct
from casework.desk.value_words import SIGNATURE, label_of, text_in, value_words
from casework.records.shapes import field_shape
from casework.web.made.work import Made
from casework.web.shown.named import value_with_names
from casework.web.shown.people import said_by
from casework.web.views import Link, Row
from sync_protocol.schema import FieldSpec

ANOTHERS: Final = (
    "Only whoever wrote it can correct it. If you know more, add an entry of your own below."
)


def entry_rows(made: Made, address: str) -> tuple[Row, ...]:
    """Every gathered entry of a record, and where the caller may put it right."""
    return tuple(
        _row(made, one, address) for one in made.entries if made.kind.fields[one.field].is_gathered
    )


def entry_words(made: Made, entry: Entry) -> str:
    """What an entry says."""
    spec = made.kind.fields[entry.field]
    return f"{label_of(made.kind.name, spec)}: {_unsigned_words(made, spec, entry.value)}"


def _unsigned_words(made: Made, spec: FieldSpec, told: Any) -> str:
    """A value without its signature: who wrote it and when is said beside it."""
    value = value_with_names(field_shape(spec), told, made.name_of)
    if not isinstance(value, Mapping):
        return value_words(field_shape(spec), value)
    rest = {name: one for name, one in value.items() if name not in SIGNATURE}
    return text_in(rest) if rest.keys() == {"text"} else value_words(field_shape(spec), rest)


def _row(made: Made, entry: Entry, address: str) -> Row:
    visit, spec = made.visit, made.kind.fields[entry.field]
    is_writer = visit.desk.place.kind in spec.rule.writers
    may = is_writer and may_correct(visit.caller, spec, entry)
    before = tuple(
        f"Said until it was corrected: {_unsigned_words(made, spec, one.value)} "
        f"({said_by(one.source, visit.now_ms)})"
        for one in earlier(entry)
    )
    words = entry_words(made, entry)
    return Row(
        title=words,
        lines=(
            f"Written by {said_by(entry.source, visit.now_ms)}",
            *before,
            *((ANOTHERS,) if is_writer and not may else ()),
        ),
        links=(Link("Correct", f"{address}/{entry.field}/{entry.op.hex()}", words),) if may else (),
    )
