"""Alerts: one active of a code, closed only by somebody who saw all of it."""

import pytest

from casework.access.caller import Caller
from casework.desk.alerts import (
    AlertClose,
    AlreadyActive,
    NewAlert,
    close_alert,
    raise_alert,
    read_alerts,
)
from casework.desk.conflicts import Settlement, list_conflicts, settle
from casework.desk.people import summary
from casework.desk.records import Change, SeenMissing, change
from casework.desk.writing import StaleRecord
from casework.reference.reader import UnknownCode
from sync_protocol.errors import InvalidValue
from tests.desks import Office
from tests.unit.casework.desk.steps import someone

WATCH = NewAlert("HA", "Watch at night", "2026-11-20")
HALF_PAST_MIDNIGHT_MS = 1_814_398_200_000
"""00:30 on 1 July 2027 in London, where UTC still has 30 June."""


def test_a_raised_alert_is_a_flag(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, WATCH)
    (flag,) = summary(office.desk, ash, person).flags
    assert (flag.record, flag.code, flag.severity) == (saved.record, "HA", "S1")


def test_a_second_active_of_a_code_points_to_the_first(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, WATCH)
    with pytest.raises(AlreadyActive) as refused:
        raise_alert(office.desk, ash, person, WATCH)
    assert refused.value.record == saved.record


def test_a_closed_alert_is_no_flag_and_may_be_raised_anew(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, WATCH)
    close_alert(office.desk, ash, person, saved.record, AlertClose("Reviewed", saved.seen))
    (closed,) = read_alerts(office.desk, ash, person)
    assert (closed.is_open, closed.closed_reasons) == (False, ("Reviewed",))
    assert summary(office.desk, ash, person).flags == ()
    again = raise_alert(office.desk, ash, person, WATCH)
    assert again.record != saved.record
    assert [one.is_active for one in read_alerts(office.desk, ash, person)] == [True, False]


def test_closing_needs_a_token_that_saw_everything(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, WATCH)
    with pytest.raises(SeenMissing):
        close_alert(office.desk, ash, person, saved.record, AlertClose("Reviewed", None))
    close_alert(office.desk, ash, person, saved.record, AlertClose("Reviewed", saved.seen))
    with pytest.raises(StaleRecord):
        close_alert(office.desk, ash, person, saved.record, AlertClose("Twice", saved.seen))


def test_a_code_that_is_none_is_refused(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    with pytest.raises(UnknownCode):
        raise_alert(office.desk, ash, person, NewAlert("??", "", "2026-11-20"))


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-22", "2026-11-22"), ("2026-11-22", "2026-11-21"), ("2026-02-31", None)],
)
def test_an_alert_that_would_never_be_in_force_is_refused(
    first: str, last: str | None, office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    with pytest.raises(InvalidValue):
        raise_alert(office.desk, ash, person, NewAlert("HA", "Watch", first, last))


def test_an_alert_may_be_made_to_last_longer(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, NewAlert("HA", "", "2026-11-20", "2026-11-23"))
    longer = Change("alert", saved.record, {"active_to": "2026-12-01"}, saved.seen)
    change(office.desk, ash, person, longer)
    (alert,) = read_alerts(office.desk, ash, person)
    assert (alert.active_to, alert.is_open) == ("2026-12-01", True)


@pytest.mark.parametrize("last_day", [None, "2026-11-22"])
def test_a_close_that_missed_something_takes_no_flag_away(
    last_day: str | None, office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    saved = raise_alert(office.desk, ash, person, WATCH)
    told = Change("alert", saved.record, {"description": "A new threat"}, saved.seen)
    change(office.desk, ash, person, told)
    close = {"status": "closed", **({"active_to": last_day} if last_day else {})}
    blind = Change("alert", saved.record, close, saved.seen, on_purpose=True)
    change(office.desk, ash, person, blind)
    (flag,) = summary(office.desk, ash, person).flags
    assert (flag.code, flag.is_contested) == ("HA", True)
    (conflict,) = [
        one for one in list_conflicts(office.desk, ash, person=person) if one.field == "status"
    ]
    settle(office.desk, ash, conflict.id, Settlement("open", "It goes on.", conflict.seen))
    (alert,) = read_alerts(office.desk, ash, person)
    assert (alert.is_active, alert.active_to, alert.asks) == (True, None, ())


def test_an_alert_of_a_summer_night_is_in_force_from_midnight_by_the_clock_on_the_wall(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    office.clock.now = HALF_PAST_MIDNIGHT_MS
    raise_alert(office.desk, ash, person, NewAlert("HA", "Watch", "2027-07-01"))
    assert [flag.code for flag in summary(office.desk, ash, person).flags] == ["HA"]
