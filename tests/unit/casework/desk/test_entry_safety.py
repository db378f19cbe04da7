"""What is checked and completed when something of a person's safety is entered at a desk."""

from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.people import NewPerson, create
from casework.desk.records import Addition, Change, add, change, read_one
from casework.desk.writing import Saved
from casework.reference.reader import UnknownCode
from casework.rules.incidents import incident_state
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import SubjectId
from tests.casefile import HOUR_MS, Row
from tests.desks import NOON_MS, Office

SIGNED = {"author": "x", "written_on": 0}


class Desk:
    """An office with a person, and somebody who writes about them."""

    def __init__(self, folder: Path, code: str = "LEI") -> None:
        """Open it."""
        self.office = Office(folder, code)
        self.ash: Caller = self.office.hire()
        new = NewPerson("Robin", "Example", date_of_birth="1990-01-02")
        self.person: SubjectId = create(self.office.desk, self.ash, new, confirmed=True).person

    def add(self, kind: str, values: dict[str, Any]) -> Saved:
        """A new record."""
        return add(self.office.desk, self.ash, self.person, Addition(kind, values))

    def change(self, saved: Saved, values: dict[str, Any]) -> Saved:
        """New values over what was saved."""
        wanted = Change(saved.kind, saved.record, values, saved.seen)
        return change(self.office.desk, self.ash, self.person, wanted)

    def row(self, saved: Saved) -> Row:
        """The record as shown."""
        view = read_one(self.office.desk, self.ash, self.person, saved.kind, saved.record)
        return Row(key=None, values=view.values, asks=view.asks)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def _review(due_on: str, held_on: str | None) -> dict[str, Any]:
    return {"reviews": {"due_on": due_on, "held_on": held_on, **SIGNED}}


def test_a_level_is_of_mappa_alone(desk: Desk) -> None:
    values = {"register": "MAPP", "registered_on": "2026-01-05", "mappa_level": "M2"}
    assert desk.row(desk.add("registration", values)).values["mappa_level"] == "M2"
    with pytest.raises(InvalidValue, match="mappa_level is for MAPPA"):
        desk.add("registration", {**values, "register": "RCPR"})
    with pytest.raises(UnknownCode):
        desk.add("registration", {**values, "register": "NONE"})


@pytest.mark.parametrize(
    ("due_on", "held_on", "said"),
    [
        ("2027-05-01", "2026-11-23", "held_on is still to come"),
        ("2026-11-20", "2026-11-20", "due_on must be after held_on"),
    ],
)
def test_a_review_is_told_once_it_was_held(
    desk: Desk, due_on: str, held_on: str, said: str
) -> None:
    values = {"register": "RCPR", "registered_on": "2026-01-05"}
    with pytest.raises(InvalidValue, match=said):
        desk.add("registration", {**values, **_review(due_on, held_on)})
    saved = desk.add("registration", {**values, **_review("2027-05-01", "2026-11-22")})
    (review,) = desk.row(saved).values["reviews"]
    assert (review["author"], review["written_on"]) == ("Ash", NOON_MS)


def test_nobody_has_been_seen_at_a_moment_to_come(desk: Desk) -> None:
    values = {"occurred_at": NOON_MS - HOUR_MS, "prison": "LEI"}
    saved = desk.add("self_harm_monitoring", values)
    seen = {"contact": "OBSERVATION", "seen_at": NOON_MS, "text": "Asleep.", **SIGNED}
    desk.change(saved, {"observations": seen})
    with pytest.raises(InvalidValue, match="seen_at is still to come"):
        desk.change(saved, {"observations": {**seen, "seen_at": NOON_MS + HOUR_MS}})


def test_a_review_held_before_the_monitoring_was_opened_is_refused(desk: Desk) -> None:
    values = {"occurred_at": NOON_MS - HOUR_MS, "prison": "LEI"}
    said = "held_on is before the monitoring was opened, on 22 November 2026: enter the day"
    early, sound = (_review("2026-12-01", day) for day in ("2026-11-21", "2026-11-22"))
    with pytest.raises(InvalidValue, match=said):
        desk.add("self_harm_monitoring", {**values, **early})
    saved = desk.add("self_harm_monitoring", values)
    with pytest.raises(InvalidValue, match=said):
        desk.change(saved, early)
    desk.change(saved, sound)


def test_a_report_is_closed_by_its_progress_and_opened_by_what_is_new(desk: Desk) -> None:
    values = {
        "family": "ASSAULT",
        "occurred_at": NOON_MS - HOUR_MS,
        "prison": "LEI",
        "progress": {"from": None, "to": "AWAITING_REVIEW"},
    }
    saved = desk.add("incident", values)
    assert desk.row(saved).values["status"] == "open"
    saved = desk.change(saved, {"progress": {"from": "AWAITING_REVIEW", "to": "CLOSED"}})
    assert desk.row(saved).values["status"] == "closed"
    told = {"proof": "CCTV", "text": "Camera 4.", **SIGNED}
    saved = desk.change(saved, {"evidence": told})
    assert incident_state(desk.row(saved)) == "REOPENED"


def test_a_step_that_the_machine_does_not_know_is_refused(desk: Desk) -> None:
    values = {"family": "ASSAULT", "occurred_at": NOON_MS, "prison": "LEI"}
    with pytest.raises(InvalidValue, match="comes DRAFT, AWAITING_REVIEW, not CLOSED"):
        desk.add("incident", {**values, "progress": {"from": None, "to": "CLOSED"}})


@pytest.mark.parametrize("kind", ["exclusion_zone", "keep_out_area"])
def test_protection_ends_after_it_begins(tmp_path: Path, kind: str) -> None:
    # What concerns a victim is written by probation.
    desk = Desk(tmp_path, "N55LEE")
    days = {"starts_on": "2026-11-22", "ends_on": "2026-11-21"}
    with pytest.raises(InvalidValue, match="ends_on is before starts_on"):
        desk.add(kind, {"area": {"words": "Headingley"}, **days})
    desk.add(kind, {"area": {"words": "Headingley"}, **days, "ends_on": None})


def test_nobody_signs_an_assessment_of_a_day_to_come(desk: Desk) -> None:
    staff = {"staff_id": desk.ash.staff.hex(), "staff_name": "Ash", "team": "LEI"}
    content = {"completed_on": "2026-11-23", "assessor": staff, "sections": []}
    with pytest.raises(InvalidValue, match="completed_on is still to come"):
        desk.add(
            "assessment",
            {"tool": "OASYS_LAYER_3", "version": {"approved": True, "content": content}},
        )
    draft = {"tool": "OASYS_LAYER_3", "version": {"approved": False, "content": content}}
    desk.add("assessment", draft)
