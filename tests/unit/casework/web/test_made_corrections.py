"""A gathered entry is put right by its own form, and what it said before is never out of sight."""

from collections.abc import Mapping
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.entries import AlreadyCorrected, NotYourEntry, earlier
from casework.desk.people import NewIdentifier, NewPerson, create
from casework.desk.records import Change, change, read_entries
from casework.records import REGISTRY
from casework.records.examples import example_of
from sync_protocol.ids import ActorId, OpId
from tests.made_forms import Desktop, Opened, save, send, told, typed

pytestmark = pytest.mark.unhurried

SEEN_AT = 1_795_345_200_000
CARE: Mapping[str, Any] = {
    "occurred_at": 1_795_340_000_000,
    "prison": "LEI",
    "concern": {"text": "Said that he sees no way on."},
    "observations": {"contact": "OBSERVATION", "seen_at": SEEN_AT, "text": "Asleep in cell 4."},
    "reviews": {"due_on": "2026-12-01"},
}
TEXT = "observations.text"


def care(desktop: Desktop) -> Opened:
    """Somebody in self-harm monitoring, seen once by Ash."""
    return desktop.record("self_harm_monitoring", CARE)


def entry_of(opened: Opened, field: str) -> str:
    """Where the one entry of a field is put right."""
    at, (entry,) = opened.address.removesuffix("/change"), ids(opened, field)
    return f"{at}/entries/{field}/{entry.hex()}"


def ids(opened: Opened, field: str) -> list[OpId]:
    """The entries that stand in a field."""
    desktop = opened.desktop
    found = read_entries(
        desktop.office.desk, desktop.caller, opened.person, opened.kind, opened.now.record
    )
    return [one.op for one in found if one.field == field]


def test_an_entry_opens_as_it_was_written_and_is_put_right(desktop: Desktop) -> None:
    opened = care(desktop)
    address = entry_of(opened, "observations")
    desktop.ash.get(opened.address)
    assert address in desktop.ash.text
    desktop.ash.get(address)
    assert typed(desktop.ash)[TEXT] == "Asleep in cell 4."
    send(desktop.ash, address, **{TEXT: "Asleep in cell 14."})
    save(desktop.ash, address)
    assert "Correction saved" in told(desktop.ash)
    (now,) = opened.now.values["observations"]
    assert (now["text"], now["seen_at"], now["author"]) == ("Asleep in cell 14.", SEEN_AT, "Ash")


def test_whomever_a_record_names_is_said_by_name_and_number(desktop: Desktop) -> None:
    """An id tells nobody anything; who is not known here is said to be somebody."""
    office, ash = desktop.office, desktop.ash
    number = NewIdentifier("CRN", "X654321")
    sam = NewPerson("Sam", "Sample", identifiers=(number,))
    other = create(office.desk, desktop.caller, sam, confirmed=True).person
    values = example_of(REGISTRY.kinds["incident"])
    values["people"] = {"person": other.hex(), "role": "ASSAILANT", "outcome": None}
    opened = desktop.record("incident", values)
    ash.get(opened.address.rsplit("/", 2)[0])
    assert "Sam Sample (X654321)" in told(ash)
    assert other.hex() not in told(ash)
    assert f'href="/people/{other.hex()}"' in ash.text

    address = entry_of(opened, "people")
    ash.get(address)
    assert typed(ash)["people.person"] == "X654321"
    assert "Now: Sam Sample (X654321)." in told(ash)
    send(ash, address)
    assert "Nothing is changed" in told(ash)
    send(ash, address, **{"people.role": "ABSCONDER"})
    save(ash, address)
    (now,) = opened.now.values["people"]
    assert (now["person"], now["role"]) == (other.hex(), "ABSCONDER")

    values["people"] |= {"person": "ab" * 16}
    elsewhere = desktop.record("incident", values)
    ash.get(elsewhere.address.rsplit("/", 2)[0])
    assert "somebody not known at this office" in told(ash)
    assert "abababab" not in told(ash)


def test_what_it_said_before_is_shown_below_it(desktop: Desktop) -> None:
    opened = care(desktop)
    for text in ("Asleep in cell 14.", "Asleep in cell 24."):
        address = entry_of(opened, "observations")
        send(desktop.ash, address, **{TEXT: text})
        save(desktop.ash, address)
    desktop.birch.get(opened.address)
    words = told(desktop.birch)
    assert words.index("cell 24.") < words.index("cell 14.") < words.index("cell 4.")
    assert words.count("Said until it was corrected") == 2
    desktop.birch.get(f"/people/{opened.person.hex()}")
    assert "Asleep in cell 4." in told(desktop.birch), "the timeline keeps every word"


def test_an_entry_is_added_beside_the_others(desktop: Desktop) -> None:
    opened = care(desktop)
    answers = {
        "observations.contact": "CONVERSATION",
        "observations.seen_at.time": "11:40",
        "observations.seen_at.day-day": "22",
        "observations.seen_at.day-month": "11",
        "observations.seen_at.day-year": "2026",
        TEXT: "Talked of his daughter.",
    }
    send(desktop.birch, opened.address, **answers)
    save(desktop.birch, opened.address)
    texts = [one["text"] for one in opened.now.values["observations"]]
    assert texts == ["Asleep in cell 4.", "Talked of his daughter."]


def test_an_observation_says_when_the_person_was_seen(desktop: Desktop) -> None:
    opened = care(desktop)
    desktop.ash.get(f"/people/{opened.person.hex()}/records/{opened.kind}")
    words = told(desktop.ash)
    assert (
        "Contact: observation; Seen at: 22 November 2026 at 11:00; Asleep in cell 4. (Ash" in words
    )


def test_nobody_puts_anothers_words_right(desktop: Desktop) -> None:
    opened = care(desktop)
    address = entry_of(opened, "observations")
    desktop.birch.get(opened.address)
    assert address not in desktop.birch.text
    assert "Only whoever wrote it can correct it" in told(desktop.birch)
    send(desktop.birch, address, **{TEXT: "He was awake."})
    save(desktop.birch, address)
    assert desktop.birch.status == 422
    assert "Only whoever wrote an entry may put it right" in told(desktop.birch)
    assert "He was awake." in desktop.birch.text, "what was typed is not lost"
    assert [one["text"] for one in opened.now.values["observations"]] == ["Asleep in cell 4."]


def test_the_api_refuses_it_too(desktop: Desktop) -> None:
    opened = care(desktop)
    birch = Caller(ActorId(b"birch".ljust(16, b".")), "Birch", "staff", "terminal-2")
    (entry,) = ids(opened, "concern")
    wanted = Change(
        opened.kind,
        opened.now.record,
        {"concern": {"text": "Nothing of note."}},
        opened.now.seen,
        corrects=(entry,),
    )
    with pytest.raises(NotYourEntry):
        change(desktop.office.desk, birch, opened.person, wanted)


def test_a_day_set_for_a_review_is_put_right_by_whoever_saw_it(desktop: Desktop) -> None:
    opened = care(desktop)
    address = entry_of(opened, "reviews")
    send(desktop.birch, address, **{"reviews.due_on-day": "29", "reviews.due_on-month": "11"})
    save(desktop.birch, address)
    (review,) = opened.now.values["reviews"]
    assert (review["due_on"], review["author"]) == ("2026-11-29", "Birch")


def test_an_entry_put_right_in_another_tab_is_not_put_right_again(desktop: Desktop) -> None:
    opened = care(desktop)
    address = entry_of(opened, "observations")
    send(desktop.ash, address, **{TEXT: "Asleep in cell 14."})
    first = desktop.ash.text
    send(desktop.ash, address, **{TEXT: "Asleep in cell 24."})
    save(desktop.ash, address)
    desktop.ash.text = first
    save(desktop.ash, address)
    assert desktop.ash.status == 422
    assert "put right by somebody while you were writing" in told(desktop.ash)
    assert "Asleep in cell 14." in desktop.ash.text, "what was typed is not lost"
    assert [one["text"] for one in opened.now.values["observations"]] == ["Asleep in cell 24."]


def test_what_is_no_entry_of_the_record_is_refused(desktop: Desktop) -> None:
    opened, other = care(desktop), care(desktop)
    (entry,) = ids(other, "concern")
    wanted = Change(
        opened.kind,
        opened.now.record,
        {"concern": {"text": "Another's."}},
        opened.now.seen,
        corrects=(entry,),
    )
    with pytest.raises(AlreadyCorrected):
        change(desktop.office.desk, desktop.caller, opened.person, wanted)
    at = opened.address.removesuffix("/change")
    desktop.ash.get(f"{at}/entries/concern/{entry.hex()}")
    assert desktop.ash.status == 404


def test_what_was_put_right_keeps_all_that_it_said(desktop: Desktop) -> None:
    opened = care(desktop)
    for day in ("27", "28", "29"):
        address = entry_of(opened, "reviews")
        send(desktop.ash, address, **{"reviews.due_on-day": day, "reviews.due_on-month": "11"})
        save(desktop.ash, address)
    desk = desktop.office.desk
    found = read_entries(desk, desktop.caller, opened.person, opened.kind, opened.now.record)
    (entry,) = [one for one in found if one.field == "reviews"]
    said = [one.value["due_on"] for one in earlier(entry)]
    assert said == ["2026-11-28", "2026-11-27", "2026-12-01"]
