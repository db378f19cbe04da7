"""Breaking glass at the desk: who may, what it opens, when it ends, and who reviews it."""

import msgspec
import pytest

from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.access.openings import OPEN_AT_ONCE_MAX, OPEN_MS
from casework.desk.entrance import Entrance, SignIn, enter, leave
from casework.desk.gate import OutsideCaseload, Restricted
from casework.desk.opened import (
    NoReason,
    NotYoursToReview,
    OpenAlready,
    TooManyOpen,
    break_glass,
    end_opening,
    minutes_left,
    openings,
    read_opening,
    review,
    where_is,
)
from casework.desk.people import summary
from casework.desk.records import Addition, UseItsOwnDoor, add, read_all
from casework.rules.oversight import awaiting_review
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.reading import Shown
from tests.desks import NODES, PASSWORD, Office, node_id
from tests.holdings import hold
from tests.moving import received
from tests.unit.casework.desk.steps import restrict

WHY = "The chaplain says that he spoke of dying."
DAY_MS = 86_400_000


@pytest.fixture
def other(office: Office, ash: Caller) -> SubjectId:
    """Somebody at Leeds who is not of its caseload."""
    person = received(office, ash, "Hargreaves")
    hold(office, person, "provider")
    return person


def _open(office: Office, caller: Caller, person: SubjectId) -> RecordId:
    return break_glass(office.desk, caller, person, ground="safety", reason=WHY).record


def test_it_opens_one_person_to_one_officer_for_an_hour(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    """S27: the record, the audit line and the time left; then it is over."""
    second = received(office, ash, "Underwood")
    hold(office, second, "provider")
    birch = office.hire("birch")
    record = _open(office, ash, other)
    assert summary(office.desk, ash, other).name.last == "Hargreaves"
    for caller, person in ((ash, second), (birch, other)):
        with pytest.raises(OutsideCaseload):
            summary(office.desk, caller, person)
    assert ("break_glass", other) in office.audit()
    (kept,) = read_all(office.desk, ash, other, "break_glass")
    assert kept.record == record
    told = {name: kept.values[name] for name in ("reason", "ground", "minutes")}
    assert told == {"reason": WHY, "ground": "safety", "minutes": 60}
    assert kept.values["staff"]["staff_id"] == ash.staff.hex()
    office.clock.pass_ms(OPEN_MS - 1)
    assert minutes_left(office.desk, ash, other) == 1
    office.clock.pass_ms(1)
    assert minutes_left(office.desk, ash, other) is None
    with pytest.raises(OutsideCaseload):
        summary(office.desk, ash, other)


def test_it_is_ended_by_hand_by_signing_out_and_by_a_restart(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    """S27."""
    entrance = Entrance(office.desk, office.accounts, office.sessions)
    entered = enter(entrance, SignIn("ash", PASSWORD, "till-1"), "cookie")

    def by_hand() -> None:
        end_opening(office.desk, ash, other)

    def by_signing_out() -> None:
        leave(entrance, entered.caller, entered.token)

    for ends in (by_hand, by_signing_out):
        _open(office, ash, other)
        assert summary(office.desk, ash, other).id == other
        ends()
        with pytest.raises(OutsideCaseload):
            summary(office.desk, ash, other)
    assert ("break_glass_ended", other) in office.audit()
    _open(office, ash, other)
    started_again = type(office.desk)(
        **{
            name: getattr(office.desk, name)
            for name in office.desk.__struct_fields__
            if name != "openings"
        }
    )
    with pytest.raises(OutsideCaseload):
        summary(started_again, ash, other)


@pytest.mark.parametrize(("ground", "reason"), [("safety", "  "), ("", WHY)])
def test_nothing_opens_without_a_reason(
    office: Office, ash: Caller, other: SubjectId, ground: str, reason: str
) -> None:
    """S27."""
    with pytest.raises(NoReason):
        break_glass(office.desk, ash, other, ground=ground, reason=reason)
    with pytest.raises(InvalidValue):
        break_glass(office.desk, ash, other, ground="curiosity", reason=WHY)
    with pytest.raises(OutsideCaseload):
        summary(office.desk, ash, other)
    assert awaiting_review(_rows(office)) == ()


def test_a_restriction_holds_against_it(office: Office, ash: Caller, other: SubjectId) -> None:
    """S24, S27: deny beats allow, before it is opened and while it is open."""
    birch = office.hire("birch")
    _open(office, birch, other)
    hold(office, other, "in_custody")
    restrict(office, ash, other, birch)
    hold(office, other, "provider")
    with pytest.raises(Restricted):
        summary(office.desk, birch, other)
    for door in (where_is, _open_at):
        with pytest.raises(Restricted):
            door(office.desk, birch, other)


def _open_at(desk: object, caller: Caller, person: SubjectId) -> None:
    break_glass(desk, caller, person, ground="duty", reason=WHY)  # type: ignore[arg-type]


def test_what_concerns_a_victim_is_opened_by_nobody(office: Office, ash: Caller) -> None:
    """S25, S27: a liaison officer sees it of their own caseload, and not by breaking glass."""
    unit = msgspec.structs.replace(office.desk, node=NODES[node_id("N55LEE")])
    person = received(office, ash, "Hargreaves")
    liaison = office.hire("linden", "victim_liaison")
    contact = {"name": "canary-of-a-victim", "has_opted_in": True}
    add(unit, ash, person, Addition("victim_contact", contact))
    (seen,) = read_all(unit, liaison, person, "victim_contact")
    assert seen.values["name"] == ["canary-of-a-victim"]
    hold(office, person, "provider", node=node_id("N55LEE"))
    break_glass(unit, liaison, person, ground="duty", reason=WHY)
    assert read_all(unit, liaison, person, "identifier") == ()
    with pytest.raises(NotAllowed):
        read_all(unit, liaison, person, "victim_contact")


def test_it_is_refused_where_it_is_not_needed_or_nobody_is_known(
    office: Office, ash: Caller
) -> None:
    mine = received(office, ash, "Hargreaves")
    with pytest.raises(OpenAlready):
        _open(office, ash, mine)
    with pytest.raises(NotFound):
        _open(office, ash, SubjectId(bytes(16)))
    for role in ("provider", "auditor", "administrator"):
        caller = office.hire(role, role)
        with pytest.raises(NotAllowed):
            _open(office, caller, mine)


def test_only_so_many_are_open_at_once(office: Office, ash: Caller, other: SubjectId) -> None:
    for number in range(OPEN_AT_ONCE_MAX):
        subject = SubjectId(bytes([number]) * 16)
        office.desk.openings.begin(ash.staff, subject, RecordId(bytes(16)), office.clock.now_ms())
    with pytest.raises(TooManyOpen):
        _open(office, ash, other)


def test_nobody_writes_or_reviews_an_opening_by_hand(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    _open(office, ash, other)
    values = {"staff": {"staff_id": "0" * 32, "staff_name": "B", "team": "LEI"}, "reason": "x"}
    with pytest.raises(UseItsOwnDoor):
        add(office.desk, ash, other, Addition("break_glass", values))


def test_somebody_of_another_unit_reviews_it_and_is_told_nothing_of_whose_it_is(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    """S27: the auditor reads reference, who, when and why; neither actor nor own unit reviews."""
    record = _open(office, ash, other)
    elsewhere = msgspec.structs.replace(office.desk, node=NODES[node_id("CENTRE")])
    auditor, senior = office.hire("rowan", "auditor"), office.hire("elder", "senior")
    actor = msgspec.structs.replace(ash, role="auditor")
    told = msgspec.json.encode(openings(elsewhere, auditor), enc_hook=bytes.hex).decode()
    assert WHY in told
    for hidden in ("Hargreaves", other.hex(), "Robin", "1990"):
        assert hidden not in told
    for desk, caller in ((office.desk, senior), (elsewhere, actor)):
        with pytest.raises(NotYoursToReview):
            review(desk, caller, record, is_justified=True, text="Fine.")
    with pytest.raises(NotAllowed):
        review(elsewhere, ash, record, is_justified=True, text="Fine.")
    with pytest.raises(NoReason):
        review(elsewhere, auditor, record, is_justified=True, text=" ")
    assert len(awaiting_review(_rows(office))) == 1
    review(elsewhere, auditor, record, is_justified=False, text="Nobody had asked.")
    assert awaiting_review(_rows(office)) == ()
    (officer,) = openings(elsewhere, senior).by_officer
    assert (officer.staff_name, officer.count, officer.waiting, officer.unjustified) == (
        "Ash",
        1,
        0,
        1,
    )


def test_a_review_is_overdue_after_three_working_days(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    """S27: opened on a Sunday it is due by Wednesday's end."""
    record = _open(office, ash, other)
    auditor = office.hire("rowan", "auditor")
    for days, is_overdue in ((0, False), (3, False), (1, True)):
        office.clock.pass_ms(days * DAY_MS)
        line = read_opening(office.desk, auditor, record)
        assert (line.due_on, line.is_overdue) == ("2026-11-25", is_overdue)


def test_a_senior_whom_a_restriction_refuses_is_not_told_of_an_opening(
    office: Office, ash: Caller, other: SubjectId
) -> None:
    """S24."""
    senior = office.hire("elder", "senior")
    record = _open(office, ash, other)
    hold(office, other, "in_custody")
    restrict(office, ash, other, senior)
    assert openings(office.desk, senior).lines == ()
    assert openings(office.desk, senior).by_officer == ()
    with pytest.raises(NotFound):
        read_opening(office.desk, senior, record)


def _rows(office: Office) -> list[Shown]:
    with office.store.reading() as reading:
        return list(reading.records_of_all("break_glass"))
