"""What the first screen of a person shows is read in one pass, and is the same as read apart."""

import re
from collections import Counter
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.attention import attention_to_rows, read_attention
from casework.desk.gate import Restricted
from casework.desk.notes import NewNote, add_note, read_notes
from casework.desk.one_pass import in_one_pass
from casework.desk.people import summary
from casework.desk.records import ADDED_APART, Addition, add, read_all
from casework.desk.timeline import timeline
from casework.desk.whole import (
    NO_RULE_READS,
    Latest,
    read_latest,
    read_whole,
    readable_kinds,
)
from casework.records import REGISTRY
from casework.web.shown.kinds import may_add
from sync_protocol.ids import SubjectId
from sync_protocol.io.connection import Connection
from tests.desks import Office
from tests.examples import in_order, written_at
from tests.terminals import at
from tests.unit.casework.desk.steps import someone

MANY = 1_000
STATEMENTS_MAX = 140
"""One for each kind of which anything is held, and what a page asks beside the record."""


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    """Somebody of whom nearly every kind is recorded that a prison may write."""
    made = someone(office, ash)
    records: dict[str, str] = {}
    for kind in in_order(REGISTRY.kinds.values()):
        is_apart = kind.name in ADDED_APART or kind.is_pair or kind.file != "open"
        if is_apart or kind.name == "person" or not may_add(kind, "prison"):
            continue
        values = written_at(kind, "prison", records)
        records[kind.name] = add(office.desk, ash, made, Addition(kind.name, values)).record.hex()
    for text in ("Seen on the wing.", "Seen again."):
        add_note(office.desk, ash, made, NewNote("GEN", "HIS", text, office.desk.now_ms()))
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is asked of a store from here on."""
    found: list[str] = []
    for name in ("execute", "stream"):
        monkeypatch.setattr(Connection, name, _counted(getattr(Connection, name), found))
    return found


def _counted(asks: Any, found: list[str]) -> Any:
    def ask(self: Connection, sql: str, *rest: Any) -> Any:
        found.append(sql)
        return asks(self, sql, *rest)

    return ask


def test_each_kinds_table_is_read_once_for_the_first_screen(
    office: Office, person: SubjectId, asked: list[str]
) -> None:
    with at(office) as browser:
        asked.clear()
        browser.get(f"/people/{person.hex()}")
        assert browser.status == 200
    tables = Counter(
        table for sql in asked for table in re.findall(r'FROM "?(\w+)"?', sql) if table in KINDS
    )
    often = {table: count for table, count in tables.items() if count > 1}
    assert not often, often
    assert len(asked) <= STATEMENTS_MAX


KINDS = set(REGISTRY.kinds)


def test_what_is_read_in_one_pass_is_what_is_read_apart(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    desk = office.desk
    with in_one_pass(desk, person) as once:
        assert summary(once, ash, person) == summary(desk, ash, person)
        assert timeline(once, ash, person) == timeline(desk, ash, person)
        assert read_attention(once, ash, person) == read_attention(desk, ash, person)
        assert read_notes(once, ash, person) == read_notes(desk, ash, person)
        together = read_latest(once, ash, person, most=MANY)
        counted = read_latest(once, ash, person, most=MANY, unseen=KINDS)
    for kind in readable_kinds(desk, ash):
        apart = read_all(desk, ash, person, kind)
        assert (together[kind].views if kind in together else ()) == apart
        assert (counted[kind].count if kind in counted else 0) == len(apart)
    assert counted["case_note"] == Latest((), 2)


def test_of_the_notes_only_those_are_read_that_are_asked_for(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    first, last = read_notes(office.desk, ash, person)
    with in_one_pass(office.desk, person) as once:
        assert read_notes(once, ash, person, [last.record]) == (last,)
        assert timeline(once, ash, person) == timeline(office.desk, ash, person)
        assert read_notes(once, ash, person, [last.record, first.record]) == (first, last)


def test_no_rule_reads_what_a_page_does_not_read_for_them(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    with office.desk.store.reading() as reading:
        rows = read_whole(office.desk, reading, person).rows
    unread = dict.fromkeys(NO_RULE_READS, Untouchable())
    now_ms = office.desk.now_ms()
    assert attention_to_rows({**rows, **unread}, now_ms) == attention_to_rows(rows, now_ms)
    with pytest.raises(AssertionError):
        attention_to_rows({**rows, "movement": Untouchable()}, now_ms)


class Untouchable(tuple[Any, ...]):
    """Rows at which nobody may look."""

    __slots__ = ()

    def __iter__(self) -> Any:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def test_who_is_refused_is_in_the_audit_all_the_same(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    values = {"mode": "excluded", "start": "2026-11-20", "end": None}
    listed = {"staff_id": ash.staff.hex()}
    add(office.desk, ash, person, Addition("restriction", {**values, "people": listed}))
    before = len(office.audit())
    with pytest.raises(Restricted), in_one_pass(office.desk, person) as once:
        summary(once, ash, person)
    assert office.audit()[before:] == [("refused", bytes(person))]
