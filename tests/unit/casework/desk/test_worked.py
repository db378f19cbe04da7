"""One record that breaks a rule hides nothing else of a person, and nobody else at the office."""

from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk import attention
from casework.desk.attention import attention_to_rows, office_due
from casework.desk.records import Addition, add
from casework.desk.worked import CODE
from casework.records import REGISTRY
from casework.records.examples import example_of
from sync_protocol.errors import InvalidValue
from sync_protocol.policy import ForwardMost, Gather
from tests.casefile import MORNING_MS, Row, row
from tests.desks import Office
from tests.unit.casework.desk.steps import someone

ODD: tuple[Any, ...] = (None, "zzz", 10**15, -(10**14), ["x"], {"a": 1}, [{"a": 1}], [[1]])
ODD_DAYS = ("9999-12-31", "0001-01-01", "01/02/2030")
OWNED = row("task", 99, title="Ring the family", due_on="2026-11-01", status="open")


def shown(kind: str) -> dict[str, Any]:
    """The example of a kind as it is shown."""
    values = example_of(REGISTRY.kinds[kind])
    for name, value in values.items():
        policy = REGISTRY.kinds[kind].fields[name].rule.policy
        if isinstance(policy, Gather):
            values[name] = [value]
        elif isinstance(policy, ForwardMost) and isinstance(value, dict):
            values[name] = value["to"]
    return values


def with_odd_values(value: Any, odd: Any) -> list[Any]:
    """The value replaced, and with each of its parts replaced."""
    if isinstance(value, dict):
        parts = [(name, one) for name, each in value.items() for one in with_odd_values(each, odd)]
        return [odd, *({**value, name: one} for name, one in parts)]
    if isinstance(value, list):
        return [odd, *([one] for each in value[:1] for one in with_odd_values(each, odd))]
    return [odd]


def rows_with(odd_row: Row) -> dict[str, list[Any]]:
    """A task that is overdue, and another record."""
    rows: dict[str, list[Any]] = {"task": [OWNED]}
    rows.setdefault(odd_row.key.kind, []).append(odd_row)
    return rows


@pytest.mark.unhurried
@pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
def test_no_value_hides_what_is_due_of_another_record(kind: str) -> None:
    """Whatever comes from another release or from a node that lies."""
    usual = shown(kind)
    for field in REGISTRY.kinds[kind].fields:
        for odd in (*ODD, *ODD_DAYS):
            for value in with_odd_values(usual.get(field), odd):
                odd_row = row(kind, 1, **{**usual, field: value})
                found = attention_to_rows(rows_with(odd_row), MORNING_MS)
                records = {one.record for one in found.due}
                assert OWNED.key.record.hex() in records, (kind, field, value)


def test_what_was_left_out_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: attention.Rows, _day: str, _now_ms: int) -> tuple[()]:
        for one in rows.get("task", ()):
            assert len(one.values["title"]) > 0
        return ()

    monkeypatch.setattr(attention, "FINDINGS", (*attention.FINDINGS, broken))
    odd = row("task", 1, title=17, due_on="2026-11-01", status="open")
    found = attention_to_rows(rows_with(odd), MORNING_MS)
    (told,) = [one for one in found.findings if one.code == CODE]
    assert found.findings[0] == told
    assert told.severity == "S1"
    assert "left out of all that is worked out here" in told.words


def test_an_offices_list_says_which_record_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: attention.Rows, _day: str, _now_ms: int) -> tuple[()]:
        return tuple(one.values["title"].none for one in rows.get("task", ()))

    monkeypatch.setattr(attention, "DUE", (*attention.DUE, broken))
    found = attention_to_rows(rows_with(OWNED), MORNING_MS)
    left_out = {one.record for one in found.due if one.code == CODE}
    assert left_out == {OWNED.key.record.hex()}


@pytest.mark.parametrize(("field", "value"), [("due_on", "9999-12-31"), ("due_on", "0001-01-01")])
def test_a_day_of_no_year_is_refused_where_it_is_typed(
    office: Office, ash: Caller, field: str, value: Any
) -> None:
    person = someone(office, ash)
    task = example_of(REGISTRY.kinds["task"]) | {field: value}
    with pytest.raises(InvalidValue, match="enter a year between 1850 and 2200"):
        add(office.desk, ash, person, Addition("task", task))
    assert office_due(office.desk, ash).lines == ()


def test_a_moment_of_no_year_is_refused_where_it_is_typed(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    values = example_of(REGISTRY.kinds["incident"]) | {"occurred_at": -(10**14)}
    with pytest.raises(InvalidValue, match="enter a year between 1850 and 2200"):
        add(office.desk, ash, person, Addition("incident", values))
