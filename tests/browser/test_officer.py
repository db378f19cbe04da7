"""The page of the responsible officer in Chromium, with and without JavaScript."""

import pytest

from casework.desk.records import Addition, Change, add, change, read_all
from sync_protocol.ids import SubjectId
from tests.browser.conftest import Look
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal
from tests.unit.casework.desk.steps import assignment
from tests.unit.casework.web.test_responsibility_page import DATES, SENTENCE

pytestmark = pytest.mark.browser

UNIT = "N55LEE"


def _sentenced(leeds: Terminal, path: str) -> None:
    """Two officers, one after the other, and two named apart for a day to come."""
    desk, caller = leeds.office.desk, leeds.office.hire("clerk")
    person = SubjectId(bytes.fromhex(path.rpartition("/")[2]))
    for kind, content in (("sentence", SENTENCE), ("key_dates", DATES)):
        version = {"approved": True, "content": content}
        add(desk, caller, person, Addition(kind, {"version": version}))
    first = {"assignment": assignment("mary", "LEI", since="2026-02-01")}
    add(desk, caller, person, Addition("offender_manager", first))
    (shown,) = read_all(desk, caller, person, "offender_manager")
    for staff, team, since in (("tom", "BXI", "2026-08-01"), ("ann", UNIT, "2026-10-01")):
        values = {"assignment": assignment(staff, team, since=since)}
        wanted = Change("offender_manager", shown.record, values, shown.seen, on_purpose=True)
        change(desk, caller, person, wanted)


def test_the_handover_is_ticked_on_the_page_of_the_responsible_officer(
    ash: Staff, leeds: Terminal, look: Look
) -> None:
    person = ash.create()
    _sentenced(leeds, person)
    ash.go(person)
    ash.follow("Responsible officer and handover")
    ash.sees("The prison is responsible")
    ash.sees("Needs a decision")
    look(ash.page, "responsibility")
    ash.page.get_by_label("Contacted the community offender manager").check()
    ash.press("Save handover")
    ash.sees("Handover saved")
    assert ash.page.get_by_label("Contacted the community offender manager").is_checked()
    look(ash.page, "responsibility-ticked")
    ash.page.get_by_label("Contacted the community offender manager").uncheck()
    ash.press("Save handover")
    ash.sees("Handover saved")
    assert not ash.page.get_by_label("Contacted the community offender manager").is_checked()
    ash.follow("Settle this")
    ash.sees("Responsible officer")
