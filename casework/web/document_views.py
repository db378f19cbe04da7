"""What the template of an exported record takes."""

import msgspec


class DocumentRecord(msgspec.Struct, frozen=True):
    """One record: its fields in words, what is contested, and each act that stands in it."""

    facts: tuple[tuple[str, tuple[str, ...]], ...]
    contested: tuple[str, ...]
    written: tuple[str, ...]


class DocumentKind(msgspec.Struct, frozen=True):
    """Every record of one kind."""

    title: str
    records: tuple[DocumentRecord, ...]


class DocumentGroup(msgspec.Struct, frozen=True):
    """Kinds that belong together."""

    title: str
    kinds: tuple[DocumentKind, ...]


class DocumentPage(msgspec.Struct, frozen=True, kw_only=True):
    """One person as a readable document."""

    person: str
    name: str
    made: str
    reader: str
    left_out: tuple[str, ...]
    groups: tuple[DocumentGroup, ...]
