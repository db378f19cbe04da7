"""A synthetic estate: sound by every rule of the record, plausible, and the same for one plan."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from casework.access.caller import Caller
from casework.desk.desk import Desk, EstateNode, Place
from casework.desk.entry import checked_values
from casework.records import REGISTRY
from casework.reference import in_use
from casework.rules.custody import custody_state
from casework.rules.rows import DAY_MS
from sync_protocol.ids import NodeId
from sync_protocol.merge import RecordKey
from tests.casefile import Row
from throughcare.people import shelf
from throughcare.people.cohort import Plan, make_cohort
from throughcare.people.offices import Office, draw_offices, purpose_of, sites_of
from throughcare.people.pen import WrittenAct, WrittenDraft

pytestmark = pytest.mark.unhurried

PLAN: Final = Plan(people=8, years=5, seed=3, until="2026-11-01")
# What somebody settles is settled where the sides meet, which needs real nodes.
NOT_MADE: Final = {"settlement"}
OFFICES: Final = draw_offices(PLAN.people)
MANY: Final = Plan(people=300, years=5, seed=11, until="2026-11-01")


def _acts(plan: Plan) -> tuple[WrittenAct, ...]:
    offices = sites_of(draw_offices(plan.people))
    return make_cohort(plan, offices, range(plan.people)).acts


@pytest.fixture(scope="module")
def few() -> tuple[WrittenAct, ...]:
    return _acts(PLAN)


@pytest.fixture(scope="module")
def many() -> tuple[WrittenAct, ...]:
    return _acts(MANY)


def _check_sound(
    acts: Sequence[WrittenAct], offices: Sequence[Office], *, entered_each: int
) -> None:
    """Every draft fits its kind and its writer; of each set of fields so many as entry takes them.

    Entry costs far more than the fit, and asks the same of drafts with the same fields.
    """
    desks = {office.code: _Desk(office) for office in offices}
    desks["CENTRE"] = _Desk(Office("CENTRE", "centre", ()))
    known: set[tuple[str, bytes]] = set()
    entered: Counter[tuple[str, ...]] = Counter()
    for act in acts:
        for draft in act.drafts:
            is_new = (draft.kind, draft.record) not in known
            known.add((draft.kind, draft.record))
            REGISTRY.check_values(draft.kind, draft.values, is_new=is_new)
            desks[act.office].check_writer(draft)
            fields = (draft.kind, *draft.values)
            entered[fields] += 1
            if entered[fields] <= entered_each:
                desks[act.office].check_entry(act, draft)


class _Desk:
    """A desk of an office at the moment of an act."""

    def __init__(self, office: Office) -> None:
        self.kind = office.kind
        self.now = 0
        place = Place(office.kind, office.code, office.code)
        node = EstateNode(NodeId(office.code.encode().ljust(16)), office.code, place)
        parts: dict[str, Any] = {"store": None, "staff_name": str, "chance": bytes}
        self.desk = Desk(registry=REGISTRY, node=node, nodes={}, now_ms=lambda: self.now, **parts)

    def check_entry(self, act: WrittenAct, draft: WrittenDraft) -> None:
        """It may be entered as it is: nothing is refused, left out or filled in."""
        self.now = act.at_ms
        caller = Caller(act.staff, "A. Writer", "staff", "terminal")
        kind = REGISTRY.known(draft.kind)
        assert checked_values(self.desk, caller, kind, draft.values).keys() == draft.values.keys()

    def check_writer(self, draft: WrittenDraft) -> None:
        """This side of the service may write each of its fields."""
        fields = REGISTRY.known(draft.kind).fields
        barred = [name for name in draft.values if self.kind not in fields[name].rule.writers]
        assert not barred, f"{self.kind} may not write {barred} of {draft.kind}"


def test_every_draft_is_one_that_its_office_could_have_entered(
    few: tuple[WrittenAct, ...],
) -> None:
    _check_sound(few, OFFICES, entered_each=5)


@pytest.mark.slow
def test_every_draft_of_many_is_one_that_its_office_could_have_entered(
    many: tuple[WrittenAct, ...],
) -> None:
    _check_sound(many, draw_offices(MANY.people), entered_each=60)


def test_acts_are_in_the_order_of_time_and_end_with_the_plan(
    few: tuple[WrittenAct, ...],
) -> None:
    moments = [act.at_ms for act in few]
    assert moments == sorted(moments)
    assert PLAN.begins_ms <= moments[0]
    assert moments[-1] < PLAN.until_ms


def test_everybody_has_the_ops_of_a_whole_career(few: tuple[WrittenAct, ...]) -> None:
    counts = dict.fromkeys(range(PLAN.people), 0)
    sites = sites_of(OFFICES)
    for number in counts:
        alone = make_cohort(PLAN, sites, [number]).acts
        counts[number] = sum(len(act.drafts) for act in alone)
    assert min(counts.values()) >= 30 * PLAN.years
    assert sum(counts.values()) <= sum(len(act.drafts) for act in few)


def test_a_moment_within_a_value_is_not_after_the_act_that_tells_it(
    few: tuple[WrittenAct, ...],
) -> None:
    for act in few:
        for draft in act.drafts:
            happened = draft.values.get("occurred_at", act.at_ms)
            assert act.at_ms - DAY_MS < happened <= act.at_ms, draft.kind


def _check_moves(acts: Sequence[WrittenAct]) -> None:
    """Nobody is in two prisons, leaves one without being there, or goes where they may not."""
    here: dict[bytes, str | None] = {}
    sentenced: set[bytes] = set()
    for act, draft in _of_kind(acts, "movement"):
        values, person = draft.values, draft.subjects[0]
        if values["direction"] == "IN":
            assert here.get(person) is None, "received while held elsewhere"
            assert act.office == values["to_place"]
            here[person] = act.office
            if values["reason"] in ("I", "L", "B"):
                sentenced.add(person)
        else:
            assert here.get(person) == values["from_place"] == act.office
            here[person] = None
        if values["type"] == "REL" and values["reason"] != "DEC":
            assert person in sentenced, "released before being sentenced"


def test_moves_follow_one_another(few: tuple[WrittenAct, ...]) -> None:
    _check_moves(few)


@pytest.mark.slow
def test_moves_of_many_follow_one_another(many: tuple[WrittenAct, ...]) -> None:
    _check_moves(many)


def test_nothing_is_in_two_places_or_illegal_at_the_end(few: tuple[WrittenAct, ...]) -> None:
    rows: dict[bytes, list[Row]] = {}
    for act, draft in _of_kind(few, "movement"):
        key = RecordKey("movement", draft.subjects, draft.record)
        rows.setdefault(draft.subjects[0], []).append(Row(key, draft.values))
        assert act.at_ms >= PLAN.begins_ms
    for movements in rows.values():
        state = custody_state(movements, as_of_ms=PLAN.until_ms)
        assert state.also_at is None


def test_people_are_grown_up_and_not_too_old(few: tuple[WrittenAct, ...]) -> None:
    until = date.fromisoformat(PLAN.until)
    born = [
        date.fromisoformat(draft.values["date_of_birth"]["value"])
        for _, draft in _of_kind(few, "person")
        if "date_of_birth" in draft.values
    ]
    ages = [(until - day).days / 365.25 for day in born]
    assert len(born) >= PLAN.people
    assert min(ages) >= 18
    assert max(ages) <= 75


def test_one_plan_gives_the_same_acts_however_they_are_asked_for(
    few: tuple[WrittenAct, ...],
) -> None:
    assert _acts(PLAN) == few
    other = _acts(msgspec.structs.replace(PLAN, seed=4))
    assert other != few


def test_an_estate_has_a_prison_for_every_purpose() -> None:
    held = [office.code for office in OFFICES if office.kind == "prison"]
    assert {purpose_of(code) for code in held} == {"local", "training", "open", "women"}
    everywhere = draw_offices(100_000)
    codes = {office.code for office in everywhere}
    assert codes == set(in_use.prisons()) | set(in_use.delivery_units())


def test_what_is_read_is_what_was_made(tmp_path: Path, few: tuple[WrittenAct, ...]) -> None:
    manifest = _generate(tmp_path / "estate", PLAN)
    assert manifest.is_whole
    assert tuple(shelf.read_acts(tmp_path / "estate", manifest)) == few
    assert shelf.read_manifest(tmp_path / "estate") == manifest
    assert manifest.ops == sum(len(act.drafts) for act in few)


def test_the_same_plan_gives_the_same_bytes_also_when_it_was_broken_off(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    small = Plan(people=3, years=1, seed=3, until="2026-11-01")
    _generate(one, small)
    _generate(other, small)
    whole = _bytes_in(one)
    assert _bytes_in(other) == whole
    # As after a power cut in the middle of a file, and before anything was whole.
    (other / "acts-00000.gz").write_bytes(whole["acts-00000.gz"][:1000])
    _generate(other, small)
    assert _bytes_in(other) == whole


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    small = Plan(people=1, years=1, seed=3, until="2026-11-01")
    (tmp_path / "letter.txt").write_text("Dear all,")
    with pytest.raises(shelf.NotSynthetic):
        _generate(tmp_path, small)
    assert _bytes_in(tmp_path) == {"letter.txt": b"Dear all,"}
    _generate(tmp_path / "estate", small)
    with pytest.raises(shelf.NotSynthetic):
        _generate(tmp_path / "estate", msgspec.structs.replace(small, seed=4))
    (tmp_path / "estate" / "letter.txt").write_text("Dear all,")
    with pytest.raises(shelf.NotSynthetic):
        _generate(tmp_path / "estate", small)


def test_an_estate_that_is_not_whole_is_not_read(tmp_path: Path) -> None:
    small = Plan(people=1, years=1, seed=3, until="2026-11-01")
    manifest = _generate(tmp_path, small)
    content = (tmp_path / "acts-00000.gz").read_bytes()
    (tmp_path / "acts-00000.gz").write_bytes(content[:-20])
    with pytest.raises(shelf.BrokenEstate):
        list(shelf.read_acts(tmp_path, manifest))
    (tmp_path / "manifest.json").write_bytes(b"{}")
    with pytest.raises(shelf.BrokenEstate):
        shelf.read_manifest(tmp_path)


def _generate(folder: Path, plan: Plan) -> shelf.Manifest:
    return shelf.generate(folder, plan, draw_offices(plan.people), _silent)


def _bytes_in(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def _of_kind(acts: Sequence[WrittenAct], kind: str) -> Iterator[tuple[WrittenAct, WrittenDraft]]:
    return ((act, draft) for act in acts for draft in act.drafts if draft.kind == kind)


def _silent(done: int, of: int) -> None:
    assert done <= of


@pytest.mark.slow
def test_every_kind_that_offices_write_occurs(many: tuple[WrittenAct, ...]) -> None:
    written = {draft.kind for act in many for draft in act.drafts}
    assert written == set(REGISTRY.kinds) - NOT_MADE
