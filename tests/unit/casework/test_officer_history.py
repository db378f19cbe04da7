"""Who was responsible from when to when: nobody lost between two, two shown while there were."""

from datetime import UTC, date, datetime
from itertools import permutations

from casework.rules.officer_history import OfficerHistory, Stretch, officer_history
from casework.rules.responsible import Naming, read_officer
from sync_protocol.clock import pack_hlc
from tests import toys
from tests.casefile import assignment

UNIT = "N55LEE"


def named(
    number: int,
    name: str,
    since: str,
    *,
    team: str = "LEI",
    on: str = "",
    after: tuple[int, ...] = (),
) -> Naming:
    """An officer named, by default on the first day; `after` are those whose place it takes."""
    written = datetime.fromisoformat(on or since).replace(hour=9, tzinfo=UTC)
    return Naming(
        op_id=toys.op_id(number),
        officer=read_officer(assignment(name, team, since)),
        node=toys.node(1),
        actor=toys.actor(1),
        hlc=pack_hlc(int(written.timestamp() * 1000), number),
        replaces=tuple(toys.op_id(one) for one in after),
    )


def told(history: OfficerHistory) -> list[tuple[str, str, str | None]]:
    """Each spell as (name, since, until)."""
    return [
        (
            one.officer.staff_name,
            one.since.isoformat(),
            one.until.isoformat() if one.until is not None else None,
        )
        for one in history.spells
    ]


def test_each_lasts_until_the_first_day_of_the_next_across_every_move() -> None:
    history = officer_history(
        [
            named(1, "Ann", "2025-01-10"),
            named(2, "Burt", "2025-09-01", team="BXI", on="2025-08-20", after=(1,)),
            named(3, "Carol", "2026-05-04", team=UNIT, after=(2,)),
        ],
        sentenced_on=date(2025, 1, 10),
    )
    assert told(history) == [
        ("Ann", "2025-01-10", "2025-09-01"),
        ("Burt", "2025-09-01", "2026-05-04"),
        ("Carol", "2026-05-04", None),
    ]
    assert (history.overlaps, history.gaps, history.corrected) == ((), (), ())
    (on_the_day,) = history.on(date(2025, 9, 1))
    assert on_the_day.officer.staff_name == "Burt"


def test_days_before_the_first_was_named_are_a_gap() -> None:
    history = officer_history([named(1, "Ann", "2025-02-01")], sentenced_on=date(2025, 1, 10))
    assert history.gaps == (Stretch(date(2025, 1, 10), date(2025, 2, 1)),)
    nobody = officer_history([], sentenced_on=date(2025, 1, 10), ended_on=date(2026, 1, 10))
    assert nobody.gaps == (Stretch(date(2025, 1, 10), date(2026, 1, 10)),)
    assert officer_history([]).gaps == ()


def test_two_named_apart_are_both_responsible_until_it_is_settled() -> None:
    namings = [
        named(1, "Ann", "2026-01-01"),
        named(2, "Burt", "2026-03-01", team="BXI", after=(1,)),
        named(3, "Carol", "2026-03-05", team=UNIT, after=(1,)),
        named(4, "Carol", "2026-03-05", team=UNIT, on="2026-03-20", after=(2, 3)),
    ]
    history = officer_history(namings)
    assert told(history) == [
        ("Ann", "2026-01-01", "2026-03-01"),
        ("Burt", "2026-03-01", "2026-03-20"),
        ("Carol", "2026-03-05", None),
    ]
    assert history.overlaps == (Stretch(date(2026, 3, 5), date(2026, 3, 20)),)
    carol = history.spells[2]
    assert [one.op_id for one in carol.namings] == [toys.op_id(3), toys.op_id(4)]
    assert all(officer_history(order) == history for order in permutations(namings))


def test_one_whose_place_was_taken_before_their_first_day_was_never_responsible() -> None:
    history = officer_history(
        [
            named(1, "Ann", "2026-01-01"),
            named(2, "Burt", "2026-06-01", on="2026-05-01", after=(1,)),
            named(3, "Carol", "2026-05-20", on="2026-05-02", after=(2,)),
        ]
    )
    assert told(history) == [("Ann", "2026-01-01", "2026-05-20"), ("Carol", "2026-05-20", None)]
    assert [one.officer.staff_name for one in history.corrected] == ["Burt"]


def test_whoever_is_named_again_goes_on() -> None:
    again = [named(1, "Ann", "2026-01-01"), named(2, "Ann", "2026-02-01", after=(1,))]
    assert told(officer_history(again)) == [("Ann", "2026-01-01", None)]
    moved = [named(1, "Ann", "2026-01-01"), named(2, "Ann", "2026-02-01", team=UNIT, after=(1,))]
    assert len(officer_history(moved).spells) == 2
    assert officer_history(moved).overlaps == ()


def test_it_ends_with_the_sentence() -> None:
    history = officer_history([named(1, "Ann", "2026-01-01")], ended_on=date(2026, 9, 1))
    assert told(history) == [("Ann", "2026-01-01", "2026-09-01")]
    assert history.gaps == ()


def test_a_first_day_that_cannot_be_read_is_the_day_it_was_written() -> None:
    history = officer_history([named(1, "Ann", "soon", on="2026-01-05")])
    assert told(history) == [("Ann", "2026-01-05", None)]
