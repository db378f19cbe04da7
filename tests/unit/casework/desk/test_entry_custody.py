"""Nobody releases a recalled person by mistake, or signs for another, or dates what cannot be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.entry_custody import RecallInForce
from casework.desk.people import summary
from casework.desk.records import Addition, Change, RecordView, add, change, read_all
from casework.desk.writing import Saved
from casework.rules.rows import DAY_MS, HOUR_MS
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import SubjectId
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import receive, someone

LEAVING = {"type": "REL", "reason": "CR", "direction": "OUT", "from_place": "LEI"}
RELEASE = {"from_place": "LEI", "reason": "CR", "authorised_by": "Gov Field"}
STAGE = {"from": None, "to": "RECALL_DECIDED"}


class Gate:
    """The centre, which may write for either side, and somebody in custody at Leeds."""

    def __init__(self, folder: Path) -> None:
        """Received an hour ago."""
        self.office = Office(folder, "CENTRE")
        self.ash: Caller = self.office.hire()
        self.person: SubjectId = someone(self.office, self.ash)
        receive(self.office, self.ash, self.person)
        self.office.clock.pass_ms(HOUR_MS)

    def add(self, kind: str, **values: Any) -> Saved:
        """A new record of the person."""
        addition = Addition(kind, values)
        return add(self.office.desk, self.ash, self.person, addition)

    def last(self, kind: str) -> RecordView:
        """The latest record of a kind."""
        return read_all(self.office.desk, self.ash, self.person, kind)[0]

    def recall(self) -> str:
        """A recall in force, as its id in hex."""
        saved = self.add("recall", stage=STAGE, is_emergency=True, **decided(self.office))
        signed = {"signature": signature("ACO")}
        wanted = Change("recall", saved.record, signed, saved.seen)
        change(self.office.desk, self.ash, self.person, wanted)
        return saved.record.hex()

    def release(self, **values: Any) -> Saved:
        """A release now."""
        return self.add("release", occurred_at=self.office.clock.now_ms(), **RELEASE, **values)

    def findings(self) -> list[str]:
        """What is wrong, by code, as the person's page has it."""
        found = summary(self.office.desk, self.ash, self.person).findings
        return [one.code for one in found]


def decided(office: Office, ago_ms: int = 0) -> dict[str, Any]:
    """A decision to recall."""
    moment = office.clock.now_ms() - ago_ms
    said = {"decided_by": "Sam Field", "reason": "Contact has stopped."}
    return {"decision": {"verdict": "RECALL", "decided_at": moment, **said}}


def signature(grade: str) -> dict[str, Any]:
    """A signature that claims to be somebody else's."""
    return {
        "verdict": "RECALL",
        "grade": grade,
        "staff_id": "0b" * 16,
        "staff_name": "Somebody Else",
        "signed_at": 1,
    }


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A person in custody at Leeds."""
    opened = Gate(tmp_path)
    yield opened
    opened.office.store.close()


def test_whoever_sees_a_recall_in_force_does_not_release_by_mistake(gate: Gate) -> None:
    recall = gate.recall()
    with pytest.raises(RecallInForce):
        gate.add("movement", **LEAVING)
    with pytest.raises(RecallInForce):
        gate.release()
    assert gate.findings() == ["recall_of_future_release"]
    gate.release(despite_recall="The recall is withdrawn by telephone.")
    assert gate.last("release").values["recalls_seen"] == [recall]
    gate.add("movement", **LEAVING)
    assert gate.findings() == ["released_despite_recall"]


def test_a_recall_unsigned_stops_nobody(gate: Gate) -> None:
    gate.add("recall", stage=STAGE, **decided(gate.office))
    gate.add("movement", **LEAVING)
    assert gate.findings() == []


def test_nobody_is_released_in_spite_of_nothing(gate: Gate) -> None:
    with pytest.raises(InvalidValue, match="leave despite_recall empty"):
        gate.release(despite_recall="Just in case.")


def test_a_release_says_what_this_node_had_seen_whatever_was_sent(gate: Gate) -> None:
    gate.release(recalls_seen=["0c" * 16])
    values = gate.last("release").values
    assert values["recalls_seen"] == []
    assert summary(gate.office.desk, gate.ash, gate.person).custody.status == "in_community"


def test_a_signature_is_that_of_whoever_gives_it(gate: Gate) -> None:
    gate.recall()
    (signed,) = gate.last("recall").values["signature"]
    assert (signed["staff_name"], signed["staff_id"]) == ("Ash", gate.ash.staff.hex())
    assert signed["signed_at"] == gate.office.clock.now_ms()


def test_a_departure_that_is_no_release_is_let_through(gate: Gate) -> None:
    gate.recall()
    gate.add("movement", **{**LEAVING, "type": "CRT", "reason": "CRT"})
    assert summary(gate.office.desk, gate.ash, gate.person).custody.status == "at_court"


def test_a_recall_is_not_decided_to_come_nor_before_its_release(gate: Gate) -> None:
    with pytest.raises(InvalidValue, match="decided_at is in the future"):
        gate.add("recall", stage=STAGE, **decided(gate.office, -HOUR_MS))
    release = gate.release()
    named = {"release": release.record.hex()}
    with pytest.raises(InvalidValue, match="decided before the release at 13:00"):
        gate.add("recall", stage=STAGE, **named, **decided(gate.office, HOUR_MS))
    gate.add("recall", stage=STAGE, **named, **decided(gate.office))


def test_a_release_is_not_before_its_sentence(gate: Gate) -> None:
    terms = {
        "court": "Leeds Crown Court",
        "court_type": "CC",
        "sentenced_on": "2026-11-22",
        "type": "2020/ADIMP",
        "offence": "Burglary",
    }
    sentence = gate.add("sentence", version={"approved": True, "content": terms})
    named = {"sentence": sentence.record.hex()}
    with pytest.raises(InvalidValue, match="before the day of the sentence, 2026-11-22"):
        gate.add("release", occurred_at=NOON_MS - DAY_MS, **RELEASE, **named)
    gate.release(**named)


def test_an_absence_ends_after_it_begins(gate: Gate) -> None:
    usual = {
        "prison": "LEI",
        "type": "SR",
        "reason": "R15",
        "valid_from": "2026-11-22",
        "valid_to": "2026-11-30",
        "approval": {"from": None, "to": "APPROVED"},
    }
    with pytest.raises(InvalidValue, match="valid_to is before valid_from"):
        gate.add("temporary_absence", **{**usual, "valid_to": "2026-11-21"})
    outing = {"number": "1", "out_at": NOON_MS + HOUR_MS, "back_at": NOON_MS}
    with pytest.raises(InvalidValue, match="an outing ends after it begins"):
        gate.add("temporary_absence", **usual, occurrence=outing)
    gate.add("temporary_absence", **usual)
