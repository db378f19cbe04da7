"""An export as a document: every record with its fields, and each act that stands in it."""

from casework.desk.export import Export, RecordExport, Written
from casework.desk.groups import groups_of_kinds
from casework.desk.value_words import field_lines, label_of, told_lines
from casework.web.document_views import DocumentGroup, DocumentKind, DocumentPage, DocumentRecord
from casework.web.shown.kinds import kind_title
from casework.web.shown.people import said_by
from casework.web.words import day, moment
from sync_protocol.schema import Kind, Registry

READERS = {"person": "For the person", "staff": "For staff: not to be shared with the person"}


def document_of(registry: Registry, export: Export) -> DocumentPage:
    """The document, group by group, kind by kind."""
    by_kind = {one.kind: one.records for one in export.kinds}
    return DocumentPage(
        person=export.person.hex(),
        name=export.name.full,
        made=f"Made {moment(export.made_ms, export.made_ms).lower()}, {day(export.made_ms)}, by "
        f"{export.made_by}, {export.made_at}. Reason: {export.why}",
        reader=READERS[export.reader],
        left_out=export.left_out,
        groups=tuple(
            DocumentGroup(
                group.title,
                tuple(
                    _kind(registry.kinds[name], by_kind[name], export.made_ms)
                    for name in group.kinds
                ),
            )
            for group in groups_of_kinds(by_kind)
        ),
    )


def _kind(kind: Kind, records: tuple[RecordExport, ...], now_ms: int) -> DocumentKind:
    return DocumentKind(kind_title(kind.name), tuple(_record(kind, one, now_ms) for one in records))


def _record(kind: Kind, record: RecordExport, now_ms: int) -> DocumentRecord:
    return DocumentRecord(
        facts=tuple(
            (label_of(kind.name, spec), lines)
            for spec in kind.fields.values()
            if (lines := field_lines(spec, record.shows.get(spec.name)))
        ),
        contested=tuple(
            label_of(kind.name, kind.fields[name])
            for name in record.contested
            if name in kind.fields
        ),
        written=tuple(_written(kind, one, now_ms) for one in record.written),
    )


def _written(kind: Kind, act: Written, now_ms: int) -> str:
    told = [
        f"{label_of(kind.name, kind.fields[name])}: {line}"
        for name, value in act.values.items()
        if name in kind.fields
        for line in told_lines(kind.fields[name], value)
    ]
    return f"{said_by(act.source, now_ms)}: {'; '.join(told) or 'confirmed as it is'}"
