"""A paper or picture in the person's file, by what its bytes come to."""

from typing import Annotated

from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    OpenOrClosed,
    RecordHex,
    Sha256,
    SignedText,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")

ByteCount = Annotated[int, Meta(ge=1, le=10**12)]


class Document(Record, kind="document"):
    """What a document is and how to know it; its bytes travel apart, by their hash.

    The same paper scanned at two offices into the same bytes is one document; two scans are both
    kept. Closed means withdrawn from the file.
    """

    type: Annotated[Code, GIVEN, Listed("document_types")]
    title: Annotated[Line, GIVEN, Told("What it is, in a few words.")]
    sha256: Annotated[Sha256, GIVEN, Told("The hash of its bytes.", "Hash")]
    size_bytes: Annotated[ByteCount, GIVEN, Told(label="Size in bytes")]
    media_type: Annotated[Line, GIVEN, Told("Such as application/pdf.", "Format")]
    dated: Annotated[Day, GIVEN, Told("The day on the document, or on which it came.")]
    of_record: Annotated[RecordHex | None, GIVEN, Told("The record it belongs to.", "Belongs to")]
    notes: Annotated[
        SignedText,
        gathered(ANYONE),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(ANYONE, why="Somebody may rely on a document whose withdrawal they had not seen."),
    ]
