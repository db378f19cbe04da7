"""A record is changed by its made form: nothing is lost, lowered or overwritten by the way."""

from collections.abc import Mapping
from html import unescape
from typing import Any

import msgspec
import pytest

from casework.desk.records import read_all
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.web.forms import LONG_TEXT_CHARACTERS_MAX
from tests.made_forms import Desktop, save, send, told, typed

pytestmark = pytest.mark.unhurried

SLOT = {"starts_at": 1_795_431_600_000, "ends_at": 1_795_433_400_000}
BIRCH = b"birch".ljust(16, b".").hex()
ELSEWHERE = {"staff_id": "ab" * 16, "staff_name": "Rowan", "team": "N55LEE"}
OFFICER = {"staff_id": BIRCH, "staff_name": "Birch", "team": "LEI"}
PLANNED: Mapping[str, Any] = {
    "type": "COAP",
    "slot": SLOT,
    "place": "Room 4",
    "officer": OFFICER,
    "sentence": None,
    "requirement": None,
    "licence": None,
}
CONCERN: Mapping[str, Any] = {
    "occurred_at": 1_795_340_000_000,
    "prison": "LEI",
    "concern": {"text": "Said that he sees no way on."},
    "frequency": "HOURLY",
}
STALE = "Somebody changed this while you were writing"


def test_one_answer_is_changed_and_nothing_else(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    before = opened.now
    send(desktop.ash, opened.address, place="Room 9")
    assert "Nothing is saved yet" in told(desktop.ash)
    save(desktop.ash, opened.address)
    assert "Appointment saved" in told(desktop.ash)
    assert "Room 9" in told(desktop.ash)
    assert opened.now.values == {**before.values, "place": "Room 9"}


def test_a_form_left_as_it_was_shown_says_so(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    before = opened.now
    send(desktop.ash, opened.address)
    assert desktop.ash.status == 422
    assert "Nothing is changed: change something, or go back" in told(desktop.ash)
    assert opened.now == before


@pytest.mark.parametrize("step", ["again", "on_purpose"])
def test_a_stale_form_shows_both_and_loses_neither(desktop: Desktop, step: str) -> None:
    opened = desktop.record("appointment", PLANNED)
    send(desktop.ash, opened.address, place="Room 9")
    send(desktop.birch, opened.address, place="Room 7")
    save(desktop.birch, opened.address)
    save(desktop.ash, opened.address)
    assert desktop.ash.status == 409
    words = told(desktop.ash)
    assert STALE in words
    assert "nothing you wrote is lost" in words
    assert "Place Room 7 Written by Birch" in words
    assert "Place Room 9" in words
    assert opened.now.values["place"] == "Room 7"
    save(desktop.ash, opened.address, step)
    assert "Appointment saved" in told(desktop.ash)
    assert bool(opened.now.asks) is (step == "on_purpose")
    if step == "again":
        assert opened.now.values["place"] == "Room 9"


def test_what_somebody_else_changed_elsewhere_in_the_record_stays(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    send(desktop.ash, opened.address, place="Room 9")
    opened.set(slot={**SLOT, "ends_at": SLOT["ends_at"] + 3_600_000})
    save(desktop.ash, opened.address)
    assert "Appointment saved" in told(desktop.ash)
    assert opened.now.values["slot"]["ends_at"] == SLOT["ends_at"] + 3_600_000
    assert not opened.now.asks


def test_one_value_is_never_put_together_from_two_hands(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    send(desktop.ash, opened.address, **{"slot.starts_at.time": "10:45"})
    opened.set(slot={**SLOT, "ends_at": SLOT["ends_at"] + 3_600_000})
    save(desktop.ash, opened.address)
    assert desktop.ash.status == 409
    save(desktop.ash, opened.address, "again")
    assert opened.now.values["slot"]["ends_at"] == SLOT["ends_at"], "Ash wrote another end"


def test_two_tabs_of_one_form_do_not_overwrite_each_other(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    send(desktop.ash, opened.address, place="Room 9")
    first = desktop.ash.text, desktop.ash.path
    send(desktop.ash, opened.address, place="Room 7")
    save(desktop.ash, opened.address)
    desktop.ash.text, desktop.ash.path = first
    save(desktop.ash, opened.address)
    assert STALE in told(desktop.ash)
    assert opened.now.values["place"] == "Room 7"


def test_a_form_sent_twice_is_saved_once(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    send(desktop.ash, opened.address, place="Room 9")
    page = desktop.ash.text
    save(desktop.ash, opened.address)
    stands = opened.now
    desktop.ash.text = page
    save(desktop.ash, opened.address)
    assert desktop.ash.status == 200
    assert opened.now == stands


def test_a_level_is_lowered_only_by_a_tick_that_says_so(desktop: Desktop) -> None:
    opened = desktop.record("self_harm_monitoring", CONCERN)
    send(desktop.ash, opened.address, frequency="DAILY")
    assert desktop.ash.status == 422
    assert "This lowers frequency. Tick if you mean it" in told(desktop.ash)
    assert opened.now.values["frequency"] == "HOURLY"
    send(desktop.ash, opened.address, frequency="DAILY", lowered_on_purpose="yes")
    save(desktop.ash, opened.address)
    assert opened.now.values["frequency"] == "DAILY"
    send(desktop.ash, opened.address, frequency="CONSTANT")
    save(desktop.ash, opened.address)
    assert opened.now.values["frequency"] == "CONSTANT", "what goes up needs no tick"


def test_a_tick_given_for_one_level_lowers_no_level_raised_since(desktop: Desktop) -> None:
    opened = desktop.record("self_harm_monitoring", CONCERN)
    send(desktop.ash, opened.address, frequency="DAILY", lowered_on_purpose="yes")
    opened.set(frequency="CONSTANT")
    save(desktop.ash, opened.address)
    assert STALE in told(desktop.ash)
    assert opened.now.values["frequency"] == "CONSTANT"


SENTENCE: Mapping[str, Any] = example_of(REGISTRY.kinds["sentence"])


def sentence(offence: str, *, approved: bool = True) -> dict[str, Any]:
    """A version of a sentence."""
    return {"approved": approved, "content": {**SENTENCE["version"]["content"], "offence": offence}}


def test_a_draft_leaves_what_is_approved_and_an_approval_given_anew_takes_its_place(
    desktop: Desktop,
) -> None:
    opened = desktop.record("sentence", {**SENTENCE, "version": sentence("Theft")})
    send(desktop.ash, opened.address, **{"version.offence": "Robbery"})
    assert "Is this approved? Keep it as a draft" in told(desktop.ash)
    save(desktop.ash, opened.address)
    assert opened.now.values["version"] == sentence("Theft")
    answers = {"version.offence": "Robbery", "version.approved": "approved"}
    send(desktop.ash, opened.address, **answers)
    save(desktop.ash, opened.address)
    assert opened.now.values["version"]["content"]["offence"] == "Robbery"
    assert not opened.now.asks


def test_an_approval_meets_another_given_meanwhile(desktop: Desktop) -> None:
    opened = desktop.record("sentence", {**SENTENCE, "version": sentence("Theft")})
    answers = {"version.offence": "Robbery", "version.approved": "approved"}
    send(desktop.ash, opened.address, **answers)
    opened.set(version=sentence("Burglary"))
    save(desktop.ash, opened.address)
    assert STALE in told(desktop.ash)
    assert opened.now.values["version"] == sentence("Burglary")


def test_a_draft_is_gone_on_with(desktop: Desktop) -> None:
    opened = desktop.record("sentence", {**SENTENCE, "version": sentence("Theft")})
    send(desktop.ash, opened.address, **{"version.offence": "Robbery"})
    save(desktop.ash, opened.address)
    desktop.birch.get(opened.address)
    assert typed(desktop.birch)["version.offence"] == "Robbery"
    assert "below is the draft of Ash" in told(desktop.birch)
    send(desktop.birch, opened.address, **{"version.approved": "approved"})
    save(desktop.birch, opened.address)
    assert opened.now.values["version"]["content"]["offence"] == "Robbery"
    desktop.birch.get(opened.address)
    assert "below is the draft" not in told(desktop.birch)


def test_a_field_that_the_caller_may_not_see_is_neither_shown_nor_overwritten(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = desktop.record("appointment", {**PLANNED, "sensitive": True})
    fields = desktop.office.desk.registry.kinds["appointment"].fields
    hidden = msgspec.structs.replace(fields["place"].rule, cls="P4")
    monkeypatch.setitem(fields, "place", msgspec.structs.replace(fields["place"], rule=hidden))
    desktop.ash.get(opened.address)
    assert "Room 4" not in desktop.ash.text
    assert "place" not in typed(desktop.ash)
    answers = {"place": "Room 9", "slot.ends_at.time": "12:30"}
    send(desktop.ash, opened.address, **answers)
    save(desktop.ash, opened.address)
    monkeypatch.undo()
    assert opened.now.values["place"] == "Room 4"
    assert opened.now.values["slot"]["ends_at"] > SLOT["ends_at"]


def test_a_code_that_nobody_offers_is_refused(desktop: Desktop) -> None:
    opened = desktop.record("self_harm_monitoring", CONCERN)
    send(desktop.ash, opened.address, frequency="NOW_AND_THEN")
    assert desktop.ash.status == 422
    assert "Frequency: choose one of those listed" in told(desktop.ash)
    assert opened.now.values["frequency"] == "HOURLY"


def test_what_is_required_cannot_be_emptied(desktop: Desktop) -> None:
    opened = desktop.record("appointment", PLANNED)
    empty = {f"slot.starts_at.day-{part}": "" for part in ("day", "month", "year")}
    send(desktop.ash, opened.address, **{**empty, "slot.starts_at.time": ""})
    assert desktop.ash.status == 422
    assert "When: Starts at: enter the day" in told(desktop.ash)
    assert opened.now.values["slot"] == SLOT


def test_what_is_required_of_a_new_record_is_asked_for(desktop: Desktop) -> None:
    path = f"/people/{desktop.person().hex()}/records/appointment/new"
    send(desktop.ash, path, type="", place="Room 4")
    assert desktop.ash.status == 422
    assert "Choose type" in told(desktop.ash)
    assert 'value="Room 4"' in desktop.ash.text


def test_a_new_record_opens_at_this_prison_and_a_status_is_chosen(desktop: Desktop) -> None:
    path = f"/people/{desktop.person().hex()}/records/incident/new"
    send(desktop.ash, path)
    assert typed(desktop.ash)["prison"] == "LEI"
    assert "Choose progress" in told(desktop.ash)


def test_a_place_is_chosen_by_its_name_and_read_so(desktop: Desktop) -> None:
    example = {**example_of(REGISTRY.kinds["referral"]), "delivered_at": "LEI"}
    opened = desktop.record("referral", example)
    desktop.ash.get(opened.address.rpartition("/records/")[0] + "/records/referral")
    assert "Delivered at: Leeds (HMP)" in told(desktop.ash)
    send(desktop.ash, opened.address, delivered_at="MDI")
    save(desktop.ash, opened.address)
    assert opened.now.values["delivered_at"] == "MDI"


def test_a_review_names_the_assessments_that_its_author_had_before_them(desktop: Desktop) -> None:
    """Without that, two that were completed apart would count together for ever."""
    person, example = desktop.person(), example_of(REGISTRY.kinds["assessment"])
    kind_page = f"/people/{person.hex()}/records/assessment"
    desktop.ash.get(f"{kind_page}/new")
    assert "version.reviewed" not in desktop.ash.text, "there is none to be named"
    one, other = (
        desktop.record("assessment", example, person).address.split("/")[-2] for _ in range(2)
    )
    answers = {
        "tool": "OASYS_LAYER_3",
        "version.completed_on-day": "20",
        "version.completed_on-month": "11",
        "version.completed_on-year": "2026",
        "version.assessor.staff_id": desktop.caller.staff.hex(),
        "version.sections.1.area": "ATTITUDES",
        "version.reviewed.1": one,
        "version.reviewed.2": other,
        "version.approved": "approved",
    }
    send(desktop.ash, f"{kind_page}/new", **answers)
    save(desktop.ash, f"{kind_page}/new")
    views = read_all(desktop.office.desk, desktop.caller, person, "assessment")
    contents = {view.record.hex(): view.values["version"]["content"] for view in views}
    (review,) = contents.keys() - {one, other}
    assert list(contents[review]["reviewed"]) == [one, other]
    desktop.ash.get(kind_page)
    assert "Reviews: 2 records" in told(desktop.ash)
    desktop.ash.get(f"{kind_page}/{one}/change")
    offered = desktop.ash.text.partition('id="version.reviewed.1"')[2].partition("</select>")[0]
    assert other in offered
    assert one not in offered, "none refers to itself"


def test_a_huge_text_comes_back_whole_to_be_shortened(desktop: Desktop) -> None:
    opened = desktop.record("self_harm_monitoring", CONCERN)
    text = "long " * (LONG_TEXT_CHARACTERS_MAX // 5 + 1)
    send(desktop.ash, opened.address, **{"concern.text": text})
    assert desktop.ash.status == 422
    assert "characters too long" in told(desktop.ash)
    assert text.strip() in unescape(desktop.ash.text)


def test_somebody_of_another_office_stays_named(desktop: Desktop) -> None:
    opened = desktop.record("appointment", {**PLANNED, "officer": ELSEWHERE})
    send(desktop.ash, opened.address, place="Room 9")
    save(desktop.ash, opened.address)
    assert "Appointment saved" in told(desktop.ash)
    assert opened.now.values["officer"] == ELSEWHERE
    desktop.ash.get(opened.address)
    assert "Rowan" in told(desktop.ash)
