"""The roll: everyone a prison must account for, as of a moment."""

from casework.rules.roll import Held, Roll, RollLine, take_roll
from tests import toys
from tests.casefile import Row, at, into, out, row


def held(number: int, *movements: Row, cell: str | None = None) -> Held:
    person = toys.subject(number)
    shown = None if cell is None else row("cell", number, subjects=(person,), location=cell)
    return Held(person=person, custody_rows=movements, cell=shown)


def roll(*people: Held, hours: float = 10) -> Roll:
    return take_roll("LEI", people, as_of_ms=at(hours))


def numbers(lines: tuple[RollLine, ...]) -> set[int]:
    return {one for one in range(1, 12) if toys.subject(one) in {line.person for line in lines}}


FULL = (
    held(1, into("LEI", 0), cell="LEI-A-1-003"),
    held(2, into("LEI", 8)),
    held(3, into("LEI", 0)),
    held(4, into("LEI", 0), cell="HLI-A-1-003"),
    held(5, into("LEI", 0), out("LEI", 5, "CRT", "CRT"), cell="LEI-B-1-001"),
    held(6, into("LEI", 0), out("LEI", 5, "TAP", "RO")),
    held(7, into("HLI", 0), out("HLI", 5, to_place="LEI")),
    held(8, into("LEI", 0), out("LEI", 5, to_place="HLI")),
    held(9, into("LEI", 0), into("HLI", 1), cell="LEI-A-1-004"),
    held(10, into("HLI", 0)),
)


def test_everyone_is_on_the_roll_where_they_belong() -> None:
    taken = roll(*FULL)
    assert numbers(taken.in_cells) == {1}
    assert numbers(taken.in_reception) == {2}
    assert numbers(taken.no_cell) == {3, 4}
    assert numbers(taken.at_court) == {5}
    assert numbers(taken.absent) == {6}
    assert numbers(taken.expected) == {7}
    assert numbers(taken.sent) == {8}
    assert numbers(taken.claimed) == {9}
    assert (taken.present, taken.on_the_books) == (4, 6)


def test_what_is_wrong_comes_on_top() -> None:
    taken = roll(*FULL, held(11, into("HLI", 0), into("LEI", 5)))
    assert [one.code for one in taken.findings] == ["in_two_places", "departure_missing"]


def test_a_roll_is_as_of_its_moment_and_says_what_it_rests_on() -> None:
    later = held(1, into("LEI", 0), out("LEI", 12, "REL", "CR"), cell="LEI-A-1-003")
    early = roll(later)
    assert (early.as_of_ms, early.latest_ms, early.present) == (at(10), at(0), 1)
    assert roll(later, hours=12).present == 0


def test_a_person_two_prisons_claim_is_on_both_rolls() -> None:
    one = held(9, into("LEI", 0), into("HLI", 1))
    here, there = roll(one), take_roll("HLI", [one], as_of_ms=at(10))
    assert numbers(here.claimed) == {9}
    assert there.present == 1
    assert here.findings == there.findings != ()


def test_an_empty_prison_has_an_empty_roll() -> None:
    taken = roll()
    assert (taken.present, taken.on_the_books, taken.latest_ms) == (0, 0, None)
