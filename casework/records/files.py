"""Which subject a person's file is, and which record a pair shares.

To the engine a person is up to three subjects: the open file, whose subject is the person's own
id, the restricted file and the victim file. Every node derives the others alike, so a restriction
written at one meets a restriction written at another. What belongs to a place, or to the estate,
has a subject of its own that no person can have.
"""

from typing import Final

from sync_protocol.ids import ActorId, RecordId, SubjectId, derived_id
from sync_protocol.schema import File

OPEN_FILE: Final[File] = "open"
RESTRICTED_FILE: Final[File] = "restricted"
VICTIM_FILE: Final[File] = "victim"
SITE_FILE: Final[File] = "site"


def file_subject(person: SubjectId, file: File) -> SubjectId:
    """The subject of one of a person's files; `person` is the subject of the open one."""
    if file == OPEN_FILE:
        return person
    return SubjectId(derived_id(b"file", person, file.encode()))


def is_kept_at(file: File, place_kind: str) -> bool:
    """Whether such a place may hold this file at all: nothing of a victim is kept at a prison."""
    return not (file == VICTIM_FILE and place_kind == "prison")


def place_subject(code: str) -> SubjectId:
    """The subject of what belongs to a place and to no person: its node holds it always."""
    return SubjectId(derived_id(b"place", code.encode()))


def estate_subject() -> SubjectId:
    """The subject of what the whole estate shares and no person has: every node holds it."""
    return SubjectId(derived_id(b"estate"))


def post_record(staff: ActorId, code: str) -> RecordId:
    """The one record of a member of staff at a place, however often they leave and come back."""
    return RecordId(derived_id(b"post", staff, code.encode()))


def pair_of(one: SubjectId, other: SubjectId) -> tuple[SubjectId, SubjectId]:
    """Two people in the order every node gives them, so that a pair has one name."""
    assert one != other, "a pair is of two people"
    return (one, other) if one < other else (other, one)


def pair_record(kind: str, one: SubjectId, other: SubjectId) -> RecordId:
    """The one record that two people share of a kind; opened apart at two nodes, it meets."""
    return RecordId(derived_id(b"pair", kind.encode(), *pair_of(one, other)))


def cause_record(person: SubjectId, cause: str) -> RecordId:
    """The one task of a person for a cause; written apart at two nodes, it meets."""
    return RecordId(derived_id(b"task", person, cause.encode()))


def area_record(zone: RecordId) -> RecordId:
    """The keep-out area of an exclusion zone; derived apart at two nodes, it is one record."""
    return RecordId(derived_id(b"area", zone))
