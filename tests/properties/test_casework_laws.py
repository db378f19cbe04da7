"""The laws of the record: nothing lowers a risk by machine, and no answer depends on arrival."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from casework.records import REGISTRY
from casework.records.risk import LEVELS
from casework.rules.alerts import alerts_in_force, is_active
from casework.rules.custody import ON_THE_BOOKS, custody_state
from casework.rules.identifiers import check_letter, identify
from casework.rules.links import groups_of
from casework.rules.restrictions import refused_files
from casework.rules.roll import Held, take_roll
from sync_protocol.ids import singleton_record
from sync_protocol.merge import RecordKey, fold, show, standing_ids
from sync_protocol.op import Op
from tests import toys
from tests.casefile import TODAY, Row, alert, at, into, out, row

RISK: Final = RecordKey("risk", (toys.subject(1),), singleton_record(toys.subject(1), "risk"))
PRISONS: Final = ("LEI", "HLI", "WEI")


class Node:
    """A node that sets one level of risk, always from what it is shown."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.held: dict[bytes, Op] = {}
        self.has_written = False

    def shown(self) -> str | None:
        """The level this node shows."""
        state = fold((op, False) for op in self.held.values())
        shown = show(REGISTRY, RISK, state)
        return None if shown is None else shown.values["self_harm"]

    def set_level(self, level: str, seq: int) -> None:
        """Write a level over everything that this node was shown."""
        state = fold((op, False) for op in self.held.values())
        op = toys.op(seq, {"self_harm": level}, standing_ids(state), RISK)
        self.held[op.id] = op
        self.has_written = True


def _exchange(one: Node, other: Node) -> None:
    one.held = other.held = one.held | other.held
    one.held, other.held = dict(one.held), dict(other.held)
    one.has_written = other.has_written = False


_steps = st.lists(
    st.tuples(st.sampled_from((0, 1)), st.sampled_from(LEVELS.names)) | st.none(), max_size=12
)


@given(_steps)
def test_a_merge_shows_the_highest_that_either_set_unseen_by_the_other(
    steps: list[tuple[int, str] | None],
) -> None:
    """INV-07: where both wrote apart, the higher stands; where one wrote, it had seen the other."""
    nodes = (Node(), Node())
    for seq, step in enumerate([*steps, None], start=1):
        if step is not None:
            nodes[step[0]].set_level(step[1], seq)
            continue
        wrote = [node.shown() for node in nodes if node.has_written]
        before = wrote or [nodes[0].shown()]
        _exchange(*nodes)
        highest = max((level for level in before if level), key=LEVELS.rank, default=None)
        assert nodes[0].shown() == nodes[1].shown() == highest


@st.composite
def movements(draw: st.DrawFn) -> list[Row]:
    """Movements of one person, true or not, some of them struck out."""
    rows = []
    for _ in range(draw(st.integers(0, 7))):
        hours = draw(st.integers(0, 20))
        place = draw(st.sampled_from(PRISONS))
        state = {"status": draw(st.sampled_from(("open", "open", "open", "closed")))}
        if draw(st.booleans()):
            rows.append(into(place, hours, draw(st.sampled_from(("N", "INT", "L"))), **state))
            continue
        kind = draw(
            st.sampled_from((("TRN", "NOTR"), ("CRT", "CRT"), ("REL", "CR"), ("TAP", "RO")))
        )
        rows.append(out(place, hours, *kind, draw(st.sampled_from(PRISONS)), **state))
    return list({one.key.record: one for one in rows}.values())


@given(movements(), st.randoms(use_true_random=False), st.integers(0, 40))
def test_where_a_person_is_does_not_depend_on_what_was_told_first(
    rows: list[Row], chance: Any, hours: int
) -> None:
    other = rows.copy()
    chance.shuffle(other)
    assert custody_state(rows, as_of_ms=at(hours)) == custody_state(other, as_of_ms=at(hours))


@given(movements(), st.integers(0, 40))
def test_nobody_in_custody_is_in_nobodys_roll(rows: list[Row], hours: int) -> None:
    state = custody_state(rows, as_of_ms=at(hours))
    held = Held(person=toys.subject(1), custody_rows=rows)
    rolls = {prison: take_roll(prison, [held], as_of_ms=at(hours)) for prison in PRISONS}
    counted = [prison for prison, roll in rolls.items() if roll.on_the_books]
    assert counted == ([state.place] if state.status in ON_THE_BOOKS else [])
    assert [prison for prison, roll in rolls.items() if roll.claimed] == (
        [state.also_at] if state.also_at is not None else []
    )
    if state.status == "in_transit":
        assert any(roll.expected or roll.sent for roll in rolls.values())


@given(movements(), st.integers(0, 40))
def test_the_last_reception_places_whoever_has_not_left_since(rows: list[Row], hours: int) -> None:
    counted = [
        one
        for one in rows
        if one.values["status"] == "open" and one.values["occurred_at"] <= at(hours)
    ]
    latest = max((one.values["occurred_at"] for one in counted), default=0)
    last = [one.values for one in counted if one.values["occurred_at"] == latest]
    arrivals = {one["to_place"] for one in last if one["direction"] == "IN"}
    if arrivals:
        assert custody_state(rows, as_of_ms=at(hours)).place in arrivals


_days = st.sampled_from(("2026-01-01", "2026-11-22", "2026-11-23", "2027-05-01"))
_alerts = st.lists(
    st.tuples(
        st.sampled_from((("XA", "X"), ("HA", "H"), ("XER", "X"))),
        _days,
        st.none() | _days,
        st.sampled_from(("open", "closed")),
        st.sampled_from(("seen", "heard", "told")),
    ),
    max_size=6,
)


def _rows_of(drawn: Iterable[tuple[tuple[str, str], str, str | None, str, str]]) -> list[Row]:
    return [
        alert(number, *code, active_from=start, active_to=end, status=status, description=[text])
        for number, (code, start, end, status, text) in enumerate(drawn)
    ]


@given(_alerts, st.randoms(use_true_random=False))
def test_there_is_one_active_alert_a_code_and_no_text_of_it_is_lost(
    drawn: list[tuple[tuple[str, str], str, str | None, str, str]], chance: Any
) -> None:
    rows = _rows_of(drawn)
    shown = alerts_in_force(rows, day=TODAY)
    active = [one for one in rows if is_active(one, day=TODAY)]
    assert sorted(one.code for one in shown) == sorted({one.values["code"] for one in active})
    for one in shown:
        same = [other.values for other in active if other.values["code"] == one.code]
        assert set(one.texts) == {text for values in same for text in values["description"]}
        assert one.active_from == min(values["active_from"] for values in same)
        ends = [values["active_to"] for values in same]
        assert one.active_to == (None if None in ends else max(ends))
    chance.shuffle(rows)
    assert alerts_in_force(rows, day=TODAY) == shown


_years = st.integers(1950, 2026)
_serials = st.integers(0, 9_999_999)


@given(_years, _serials)
def test_a_pnc_in_its_one_form_stays_as_it_is(year: int, serial: int) -> None:
    digits = f"{serial:07}"
    pnc = f"{year}/{digits}{check_letter(int(f'{year % 100:02}{digits}'))}"
    read = identify("PNC", pnc, this_year=2026)
    assert (read.value, read.check) == (pnc, "valid")
    assert identify("PNC", pnc.replace("/", ""), this_year=2026) == read


@given(_years, _serials, st.integers(0, 6), st.integers(0, 9))
def test_one_wrong_digit_of_a_serial_is_always_caught(
    year: int, serial: int, place: int, digit: int
) -> None:
    digits = f"{serial:07}"
    letter = check_letter(int(f"{year % 100:02}{digits}"))
    wrong = digits[:place] + str(digit) + digits[place + 1 :]
    read = identify("PNC", f"{year}/{wrong}{letter}", this_year=2026)
    assert read.check == ("valid" if wrong == digits else "invalid")


@given(_years, _serials, st.integers(0, 5))
def test_two_neighbouring_digits_exchanged_are_always_caught(
    year: int, serial: int, place: int
) -> None:
    digits = f"{serial:07}"
    letter = check_letter(int(f"{year % 100:02}{digits}"))
    wrong = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    read = identify("PNC", f"{year}/{wrong}{letter}", this_year=2026)
    assert read.check == ("valid" if wrong == digits else "invalid")


@given(st.sampled_from(("PNC", "CRO", "NOMS", "CRN", "PASS", "?")), st.text(max_size=16))
def test_whatever_was_given_is_kept(identifier_type: str, given_text: str) -> None:
    read = identify(identifier_type, given_text, this_year=2026)
    if read.check != "valid":
        assert "".join(read.value.split()).upper() == "".join(given_text.split()).upper()


_listings = st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=5)
_restrictions = st.lists(
    st.tuples(st.sampled_from(("excluded", "restricted", "?")), _listings), max_size=4
)


@given(_restrictions, _restrictions)
def test_one_more_restriction_never_admits_anybody(
    some: list[tuple[str, list[tuple[int, bool]]]], more: list[tuple[str, list[tuple[int, bool]]]]
) -> None:
    for officer in (1, 2, 3):
        before = refused_files(_restricting(some), toys.actor(officer), TODAY)
        after = refused_files(_restricting([*some, *more]), toys.actor(officer), TODAY)
        assert before <= after


@given(_listings, st.integers(1, 3))
def test_taking_an_officer_off_a_list_never_admits_them(
    listing: list[tuple[int, bool]], officer: int
) -> None:
    for mode in ("excluded", "restricted"):
        before = refused_files(_restricting([(mode, listing)]), toys.actor(officer), TODAY)
        after = refused_files(
            _restricting([(mode, [*listing, (officer, False)])]), toys.actor(officer), TODAY
        )
        assert before <= after


def _restricting(drawn: Iterable[tuple[str, list[tuple[int, bool]]]]) -> list[Row]:
    return [
        row(
            "restriction",
            number,
            mode=mode,
            start="2026-01-01",
            people=[
                {"staff_id": toys.actor(officer).hex(), "is_listed": is_listed}
                for officer, is_listed in listing
            ],
        )
        for number, (mode, listing) in enumerate(drawn)
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(("same_as", "not_same"))),
        max_size=10,
    ),
    st.randoms(use_true_random=False),
)
def test_groups_divide_the_linked_and_do_not_depend_on_order(
    drawn: list[tuple[int, int, str]], chance: Any
) -> None:
    links = [
        row("person_link", number, subjects=(toys.subject(a), toys.subject(b)), claim=claim)
        for number, (a, b, claim) in enumerate(drawn)
        if a != b
    ]
    groups = groups_of(links)
    assert all(person in group.members for person, group in groups.items())
    assert all(groups[member] == group for group in groups.values() for member in group.members)
    joined = [one for one in links if one.values["claim"] == "same_as"]
    assert all(groups[one.key.subjects[0]] == groups[one.key.subjects[1]] for one in joined)
    chance.shuffle(links)
    assert groups_of(links) == groups


def test_a_conflict_of_risk_keeps_asking_until_somebody_who_saw_both_settles_it() -> None:
    high = toys.op(1, {"self_harm": "high"}, key=RISK)
    low = toys.op(2, {"self_harm": "low"}, key=RISK)
    shown = show(REGISTRY, RISK, fold([(high, False), (low, False)]))
    assert shown is not None
    assert (shown.values["self_harm"], dict(shown.asks)) == ("high", {"self_harm": "levels_differ"})
    settled = toys.op(3, {"self_harm": "low"}, {"self_harm": [high.id, low.id]}, RISK)
    after = show(REGISTRY, RISK, fold([(settled, False), (high, False), (low, False)]))
    assert after is not None
    assert (after.values["self_harm"], dict(after.asks)) == ("low", {})
    assert msgspec.structs.asdict(after)["unread"] == {}
