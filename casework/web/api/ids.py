"""Ids as they stand in addresses and bodies: 32 lower-case hex digits."""

from typing import Annotated

from msgspec import Meta

from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, OpId, RecordId, SubjectId


class NoId(NotFound):
    """What stands where an id should be is no id."""

    hint = "Send the 32 lower-case hex digits that an answer gave."


HexId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$", examples=["0" * 32])]


def subject_of(text: str) -> SubjectId:
    """The subject that an address names, or NotFound."""
    return SubjectId(_bytes_of(text))


def record_of(text: str) -> RecordId:
    """The record that an address names, or NotFound."""
    return RecordId(_bytes_of(text))


def op_of(text: str) -> OpId:
    """The op that a body names, or NotFound."""
    return OpId(_bytes_of(text))


def _bytes_of(text: str) -> bytes:
    is_hex = len(text) == 2 * ID_BYTES and all(one in "0123456789abcdef" for one in text)
    if not is_hex:
        raise NoId
    return bytes.fromhex(text)
