"""The gate before a person's record: known here, open to the caller, and witnessed in the audit.

Nothing of the desk reads a person but through here. Search, boards and lists leave out whom the
caller may not open, so that a restricted person is told by nothing; of somebody outside the
caseload a search says that they exist and where. Whoever writes is asked about once more, in the
transaction that writes. The audit line is durable before the answer leaves (INV-13).
"""

from collections.abc import Iterable, Sequence
from typing import NoReturn

from casework.access.actions import Action, NotAllowed, Reach, check_action, may
from casework.access.caller import Caller
from casework.desk.custody import read_custody
from casework.desk.desk import Desk
from casework.desk.reading_lock import check_open
from casework.desk.sight import closed_files, reach_of
from casework.desk.worked import MISFITS
from casework.records.files import RESTRICTED_FILE, file_subject, is_kept_at
from casework.rules.links import groups_of
from casework.rules.restrictions import messages
from casework.rules.rows import day_of
from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import SubjectId, singleton_record
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.reading import Reading
from sync_protocol.io.scope_rows import OPEN_STATES
from sync_protocol.schema import Kind
from sync_protocol.scope import NO_REASON

PERSON = "person"


class Restricted(Refused):
    """This record is restricted, and you are not among those who may open it."""

    code = "restricted"
    hint = "Ask the responsible officer or the centre."

    def __init__(self, detail: str, messages: tuple[str, ...] = ()) -> None:
        """Keep what the restriction itself says to whoever it refuses; nothing else of it."""
        super().__init__(detail)
        self.messages = messages


class OutsideCaseload(Refused):
    """This person is not of this office's caseload."""

    code = "outside_caseload"
    hint = (
        "If you have to see the record now, open it with a reason: for an hour, and somebody else "
        "reviews why. Else ask the office that works with this person."
    )

    def __init__(self, person: SubjectId) -> None:
        """Keep whom it is about, for the way to open the record with a reason."""
        super().__init__(f"person {person.hex()}")
        self.person = person


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


class NotHereYet(NotFound):
    """This person is known here, and the record that says who it is has not reached this office."""

    code = "not_here_yet"
    hint = (
        "Look again in a few minutes: what is on its way comes by itself. Where it does not come, "
        "ask the centre."
    )

    def __init__(self, detail: str, reasons: frozenset[str], place: str | None) -> None:
        """Keep why this office holds them, as it was told, and where they are, as far as known."""
        super().__init__(detail)
        self.reasons = reasons
        self.place = place


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


def check_person(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> Reach:
    """How the caller comes to this person: of their caseload, or opened with a reason.

    Raises NotFound for somebody not known here, HasLeft for somebody whom this office has let go
    of, Restricted for one not open to the caller, OutsideCaseload, and NotHereYet for one of whom
    something is here, or is to come, and not yet who it is.
    """
    missing = _check_unrestricted(desk, caller, reading, person)
    reach = reach_of(desk, caller, reading, person)
    if reach == "outside":
        witness(desk, caller, "refused", (person,), detail=OutsideCaseload.code)
        if not may(caller, "break_glass"):
            # There is no way in for them, so that there is anybody is not said either.
            raise NotFound(f"person {person.hex()}")
        raise OutsideCaseload(person)
    if missing is not None:
        _refuse(desk, caller, person, missing)
    return reach


def check_unrestricted(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> None:
    """As `check_person`, of anybody whom this node holds, of the caseload or not."""
    missing = _check_unrestricted(desk, caller, reading, person)
    if missing is not None:
        _refuse(desk, caller, person, missing)


def _check_unrestricted(
    desk: Desk, caller: Caller, reading: Reading, person: SubjectId
) -> NotHereYet | None:
    """What is to be said of who it is once it is known that the caller may be told of them."""
    missing = None if is_known(reading, person) else _missing(desk, reading, person)
    if missing is not None and not isinstance(missing, NotHereYet):
        raise missing
    if file_subject(person, RESTRICTED_FILE) in closed_files(desk, caller, reading):
        witness(desk, caller, "refused", (person,), detail=Restricted.code)
        raise Restricted(f"person {person.hex()}", _messages(desk, caller, reading, person))
    return missing


def _refuse(desk: Desk, caller: Caller, person: SubjectId, missing: NotHereYet) -> NoReturn:
    witness(desk, caller, "refused", (person,), detail=missing.code)
    raise missing


def check_still(desk: Desk, caller: Caller, subjects: Iterable[SubjectId]) -> None:
    """Raise where one of these is not open to the caller any more, inside the change under way.

    What was open when a form was checked may be restricted by the time it is written.
    """
    with desk.store.reading_own() as reading:
        closed = closed_files(desk, caller, reading)
        for one in dict.fromkeys(subjects):
            if one in closed or file_subject(one, RESTRICTED_FILE) in closed:
                raise Restricted(f"person {one.hex()}")
            if reach_of(desk, caller, reading, one) == "outside":
                raise OutsideCaseload(one)


def check_file(desk: Desk, kind: Kind) -> None:
    """Raise NotAllowed for what a place of this sort may not even hold what it wrote of."""
    if not is_kept_at(kind.file, desk.place.kind):
        raise NotAllowed(f"{kind.name} is written by probation or at the centre")


def is_known(reading: Reading, person: SubjectId) -> bool:
    """Whether anything here says who this is."""
    return reading.record(PERSON, (person,), singleton_record(person, PERSON)) is not None


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
    desk.store.witness([line_by(caller, act, subject, why=why, detail=detail) for subject in named])


def line_by(
    caller: Caller, act: str, subject: SubjectId | None, *, why: str = "", detail: str = ""
) -> AuditLine:
    """The line of what this caller does: who, in which role, where and in which session."""
    return AuditLine(
        actor=caller.staff,
        act=act,
        subject=subject,
        why=why,
        detail=detail,
        role=caller.role,
        terminal=caller.device,
        session=caller.session,
    )


def _missing(desk: Desk, reading: Reading, person: SubjectId) -> NotFound:
    """Why a person's page cannot be shown, of whom nothing here says who it is."""
    left = _left(desk, reading, person)
    if left is not None:
        return left
    reasons = reading.scope.reasons_at(desk.node.id, (person,)).get(person, NO_REASON)
    is_named = any(reading.rows(kind, person) for kind in sorted(desk.registry.kinds))
    if not reasons and not is_named:
        return NotFound(f"person {person.hex()}")
    return NotHereYet(f"person {person.hex()}", reasons, _place_of(desk, reading, person))


def _place_of(desk: Desk, reading: Reading, person: SubjectId) -> str | None:
    try:
        return read_custody(desk, reading, person).place
    except MISFITS:
        return None


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
