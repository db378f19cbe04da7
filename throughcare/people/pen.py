"""The pen of one synthetic person: collects what offices write, in a form made to be stored."""

from random import Random
from typing import Any

import msgspec

from sync_protocol.author import Act, Draft
from sync_protocol.ids import ActorId, RecordId, SubjectId, singleton_record, uuid7
from throughcare.people.offices import Member

DEVICE = "synthetic"


class WrittenDraft(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One change to one record."""

    kind: str
    subjects: tuple[SubjectId, ...]
    record: RecordId
    values: dict[str, Any]


class WrittenAct(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one member of staff did at once at an office; `happened_at` of each draft is `at_ms`."""

    at_ms: int
    office: str
    staff: ActorId
    drafts: tuple[WrittenDraft, ...]

    def act(self) -> Act:
        """The act as an author is handed it: its writer has seen everything that stands there."""
        drafts = tuple(
            Draft(
                kind=one.kind,
                subjects=one.subjects,
                record=one.record,
                values=one.values,
                happened_at=self.at_ms,
            )
            for one in self.drafts
        )
        return Act(actor=self.staff, device=DEVICE, drafts=drafts)


class Pen:
    """Writes of one person until a moment; what would come later is not written."""

    def __init__(self, chance: Random, subject: SubjectId, until_ms: int) -> None:
        """Nothing is written yet."""
        self.chance = chance
        self.subject = subject
        self.until_ms = until_ms
        self.acts: list[WrittenAct] = []
        self.count = 0

    def act(self, at_ms: int, by: Member, *drafts: WrittenDraft) -> bool:
        """One act; whether it was written: not where the pen's time is over."""
        if at_ms >= self.until_ms or not drafts:
            return False
        self.acts.append(WrittenAct(at_ms, by.office, by.staff, drafts))
        self.count += len(drafts)
        return True

    def new_id(self, at_ms: int) -> bytes:
        """An id as a node would make it at that moment."""
        return uuid7(at_ms, self.chance.randbytes(10))

    def new(self, kind: str, at_ms: int, values: dict[str, Any]) -> WrittenDraft:
        """A new record of a kind that may exist many times."""
        return WrittenDraft(kind, (self.subject,), RecordId(self.new_id(at_ms)), values)

    def single(self, kind: str, values: dict[str, Any]) -> WrittenDraft:
        """The record of a kind that exists at most once, new or changed."""
        return WrittenDraft(kind, (self.subject,), singleton_record(self.subject, kind), values)

    def more(self, of: WrittenDraft, values: dict[str, Any]) -> WrittenDraft:
        """A change to a record that was written before."""
        return WrittenDraft(of.kind, of.subjects, of.record, values)
