"""The gate before a person's record: known here, open to the caller, and witnessed in the audit.

Search, boards and lists leave out whom the caller may not open, so that a restricted person is
told by nothing. The audit line is durable before the answer leaves (INV-13).
"""

from collections.abc import Iterable, Sequence

from casework.access.actions import Action, NotAllowed, check_action
from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.reading_lock import check_open
from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.links import groups_of
from casework.rules.restrictions import messages, refused_files, with_links
from casework.rules.rows import day_of
from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import SubjectId, singleton_record
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.reading import Reading
from sync_protocol.io.scope_rows import OPEN_STATES

PERSON = "person"


class Restricted(Refused):
    """This record is restricted, and you are not among those who may open it."""

    code = "restricted"
    hint = "Ask the responsible officer or the centre."

    def __init__(self, detail: str, messages: tuple[str, ...] = ()) -> None:
        """Keep what the restriction itself says to whoever it refuses; nothing else of it."""
        super().__init__(detail)
        self.messages = messages


class HasLeft(NotFound):
    """This record has left this office, and nothing of it can be read here any more."""

    code = "has_left"
    hint = (
        "Everything that was written here about this person is at the centre. Ask the office that "
        "holds the record now, or the centre; the receipt's number says which record is meant."
    )

    def __init__(self, number: str, at_ms: int) -> None:
        """Keep the receipt: nothing else is left here."""
        super().__init__(f"Receipt {number}.")
        self.number = number
        self.at_ms = at_ms


def allow(desk: Desk, caller: Caller, action: Action) -> None:
    """Raise NotAllowed unless the caller's role may do this; the attempt is in the audit.

    ReadingLocked where it shows anything and this node may show nothing now.
    """
    try:
        check_action(caller, action)
    except NotAllowed as fault:
        witness(desk, caller, "refused", (), detail=f"{fault.code} {action}")
        raise
    check_open(desk, action)


def check_person(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> None:
    """Raise NotFound for somebody not known here, Restricted for one not open to the caller.

    HasLeft for somebody whom this office has let go of.
    """
    if not is_known(reading, person):
        raise _left(desk, reading, person) or NotFound(f"person {person.hex()}")
    if file_subject(person, RESTRICTED_FILE) in closed_files(desk, caller, reading):
        witness(desk, caller, "refused", (person,), detail=Restricted.code)
        raise Restricted(f"person {person.hex()}", _messages(desk, caller, reading, person))


def is_known(reading: Reading, person: SubjectId) -> bool:
    """Whether anything here says who this is."""
    return reading.record(PERSON, (person,), singleton_record(person, PERSON)) is not None


def closed_files(desk: Desk, caller: Caller, reading: Reading) -> frozenset[SubjectId]:
    """The restricted files that close their person to the caller today."""
    rows = reading.records_of_all("restriction")
    refused = refused_files(rows, caller.staff, day_of(desk.now_ms()))
    # Most callers are refused nobody, and every page asks: the links are read for the others only.
    return (
        with_links(refused, groups_of(reading.records_of_all("person_link")))
        if refused
        else refused
    )


def is_open_to(person: SubjectId, closed: frozenset[SubjectId]) -> bool:
    """Whether a person is open, `closed` being what `closed_files` gave."""
    return file_subject(person, RESTRICTED_FILE) not in closed


def witness(
    desk: Desk,
    caller: Caller,
    act: str,
    subjects: Iterable[SubjectId],
    *,
    why: str = "",
    detail: str = "",
) -> None:
    """Write one audit line per subject, or one without a subject where there is none."""
    named: Sequence[SubjectId | None] = tuple(subjects) or (None,)
    desk.store.witness(
        [
            AuditLine(actor=caller.staff, act=act, subject=subject, why=why, detail=detail)
            for subject in named
        ]
    )


def _left(desk: Desk, reading: Reading, person: SubjectId) -> HasLeft | None:
    is_gone = any(one.state not in OPEN_STATES for one in reading.scope.leaving(person))
    sealed = [
        one
        for one in reading.scope.receipts(person)
        if one.node == desk.node.id and one.receipt.act == "sealed"
    ]
    return HasLeft(sealed[0].number, sealed[0].receipt.at_ms) if is_gone and sealed else None


def _messages(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> tuple[str, ...]:
    groups = groups_of(reading.records_of_all("person_link"))
    members = groups[person].members if person in groups else (person,)
    files = [file_subject(member, RESTRICTED_FILE) for member in members]
    rows = [row for file in files for row in reading.records("restriction", file)]
    return messages(rows, caller.staff, day_of(desk.now_ms()))
