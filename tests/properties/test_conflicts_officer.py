"""What two offices write of the responsible officer unseen by each other: shown, how grave, said.

Each test is a rule of the table of conflicts, over every way in which what both wrote may come
together: nobody is released from a duty, nothing done is undone, and staff are told.
"""

from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records.complexity import COMPLEXITIES
from casework.rules.handover import EVERY_TICK, STANDARD_TICKS, checklist
from casework.rules.key_work import key_worker_findings
from casework.rules.officer_history import officer_history
from casework.rules.officers import findings_of_officer, officer_case
from casework.rules.responsibility import LEADS
from casework.rules.responsible import Naming, read_officer, responsible
from casework.rules.rows import Finding
from casework.rules.severity import severity_of
from casework.rules.tier_inputs import tier_of
from sync_protocol.op import Op
from tests import toys
from tests.casefile import MORNING_MS, TODAY, assignment, row
from tests.two_nodes import PERSON, Apart, Merged

pytestmark = pytest.mark.unhurried

KIND: Final = "offender_manager"
UNIT: Final = "N55LEE"
KINDS: Final = (KIND, "key_dates", "predictors", "responsibility_override", "risk", "sentence")

_names = st.sampled_from(("Ann Lee", "Burt Marsh", "Carol Hughes", "Dee"))
_days = st.sampled_from(("2026-05-01", "2026-08-09", "2026-11-01", "2026-11-22"))
_namings = st.tuples(_names, st.sampled_from(("LEI", UNIT)), _days)


def _named(naming: tuple[str, str, str]) -> dict[str, Any]:
    return {"assignment": assignment(*naming)}


def _findings(merged: Merged) -> dict[str, Finding]:
    rows = {kind: merged.rows(kind) for kind in KINDS}
    return {one.code: one for one in findings_of_officer(rows, TODAY, MORNING_MS)}


def _history(ops: list[Op], field: str = "assignment") -> list[Naming]:
    return [
        Naming(
            op_id=op.id,
            officer=read_officer(op.values[field]),
            node=op.header.node,
            actor=op.header.actor,
            hlc=op.hlc,
            replaces=tuple(op.header.replaces.get(field, ())),
        )
        for op in ops
        if field in op.values
    ]


def _every_op(apart: Apart) -> list[Op]:
    return [*apart.shared, *(op for node in apart.nodes for op in node.wrote)]


@given(_namings, _namings, _namings)
def test_two_officers_named_apart_are_both_responsible_until_somebody_settles_it(
    first: tuple[str, str, str], here: tuple[str, str, str], there: tuple[str, str, str]
) -> None:
    apart = Apart()
    apart.prison.write(KIND, _named(first))
    apart.part()
    apart.prison.write(KIND, _named(here))
    apart.probation.write(KIND, _named(there))
    merged = apart.merged()
    shown = merged.row(KIND)
    now = responsible(_history(_every_op(apart)), day=TODAY, person=PERSON)
    if _named(here) == _named(there):
        assert (shown.asks, now.others) == ({}, ())
        return
    assert shown.asks == {"assignment": "contested"}
    assert {one.officer.staff_name for one in now.now} == {here[0], there[0]}
    # The later effective date leads, in the field as in the rule.
    later = max(here[2], there[2])
    assert shown.values["assignment"]["effective_from"] == later
    assert now.lead is not None
    assert now.lead.officer.effective_from == later
    assert now.lead.officer.staff_name == shown.values["assignment"]["staff_name"]
    assert merged.severity(KIND, "assignment") == "S2"
    words = merged.words(KIND, "assignment")
    assert ", not knowing that Leeds" in words
    assert all(named[0] in words for named in (here, there))
    assert words.endswith(", until somebody settles it.")
    assert _findings(merged)["responsibility_contested"].severity == "S2"


@given(st.integers(-40, 40))
def test_two_officers_weigh_most_within_fourteen_days_of_release_or_recall(days: int) -> None:
    liberty = date.fromordinal(date.fromisoformat(TODAY).toordinal() + days).isoformat()
    grave = severity_of(KIND, "assignment", {}, day=TODAY, liberty_day=liberty)
    assert grave == ("S1" if abs(days) <= 14 else "S2")
    assert severity_of(KIND, "co_working", {}, day=TODAY, liberty_day=liberty) == "S3"


def test_two_officers_are_said_in_plain_words() -> None:
    apart = Apart()
    apart.part()
    apart.prison.write(KIND, _named(("Ann Lee", "LEI", "2026-11-01")))
    apart.probation.write(KIND, _named(("Burt Marsh", UNIT, "2026-11-20")))
    merged = apart.merged()
    assert merged.words(KIND, "assignment") == (
        "Leeds probation recorded the responsible officer as Burt Marsh (Leeds probation) at "
        "07:01, not knowing that Leeds had recorded Ann Lee (Leeds) at 07:01. Both stay "
        "responsible, and Burt Marsh leads, until somebody settles it."
    )
    assert _findings(merged)["responsibility_contested"].words == (
        "Two officers are recorded as responsible; Burt Marsh (Leeds probation) leads. Both stay "
        "responsible and both see the tasks until somebody settles it."
    )


@given(st.lists(st.tuples(st.integers(0, 1), _namings), max_size=6))
def test_every_day_since_the_first_naming_has_its_officer_whatever_two_nodes_wrote(
    steps: list[tuple[int, tuple[str, str, str]]],
) -> None:
    apart = Apart()
    apart.prison.write(KIND, _named(("Ann Lee", "LEI", "2026-05-01")))
    apart.part()
    for node, naming in steps:
        apart.nodes[node].write(KIND, _named(naming))
    apart.merged()
    ops = _every_op(apart)
    history = officer_history(_history(ops))
    assert officer_history(_history(ops[::-1])) == history
    assert history.gaps == ()
    today = {one.officer.staff_name for one in history.on(date.fromisoformat(TODAY))}
    now = responsible(_history(ops), day=TODAY)
    assert today == {one.officer.staff_name for one in now.now}


@given(st.sampled_from((*LEADS, None)), st.sampled_from((*LEADS, None)))
def test_decisions_that_differ_leave_the_rule_and_are_said(
    here: str | None, there: str | None
) -> None:
    apart = Apart()
    apart.part()
    apart.prison.write("responsibility_override", {"responsibility": here})
    apart.probation.write("responsibility_override", {"responsibility": there})
    merged = apart.merged()
    rows = {kind: merged.rows(kind) for kind in KINDS}
    ruling = officer_case(rows, TODAY, MORNING_MS).ruling
    if here == there:
        assert (ruling.leads, ruling.is_decided) == (here, here is not None)
        return
    assert (ruling.leads, ruling.is_decided) == (ruling.by_rule, False)
    assert merged.severity("responsibility_override", "responsibility") == "S2"
    assert _findings(merged)["override_contested"].severity == "S2"
    assert merged.words("responsibility_override", "responsibility").endswith(
        "Neither decision counts: what the rules say does, until somebody settles it."
    )


def _key_work(name: str) -> dict[str, Any]:
    return {
        "allocation": {
            "staff_id": toys.actor(len(name)).hex(),
            "staff_name": name,
            "prison": "LEI",
            "effective_from": "2026-11-01",
            "allocation_reason": "MANUAL",
        }
    }


@given(_names, _names, st.sampled_from((-7_200_000, 0, 7_200_000)))
def test_of_two_key_workers_the_later_counts_and_the_other_is_told(
    here: str, there: str, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("key_worker", _key_work("Earlier"))
    apart.part()
    apart.prison.write("key_worker", _key_work(here))
    apart.probation.write("key_worker", _key_work(there))
    row = apart.merged().row("key_worker")
    assert row.asks == {}
    later = max(_every_op(apart), key=lambda op: op.hlc).values["allocation"]["staff_name"]
    assert row.values["allocation"]["staff_name"] == later
    found = key_worker_findings(_history(_every_op(apart), "allocation"), PERSON)
    if here == there:
        assert found == ()
        return
    other = next(one for one in (here, there) if one != later)
    assert [(one.code, one.severity) for one in found] == [("key_worker_superseded", "S3")]
    assert found[0].words == (
        f"{other} and {later} were each named key worker, unseen by each other. {later}, named "
        f"last, is key worker: tell {other}."
    )


@given(_names, _names)
def test_nobody_co_works_with_themselves_after_a_merge(lead: str, beside: str) -> None:
    apart = Apart()
    apart.prison.write(KIND, _named(("Zoe Quill-Barton", "LEI", "2026-05-01")))
    apart.part()
    apart.prison.write(KIND, _named((lead, "LEI", "2026-11-01")))
    apart.probation.write(KIND, {"co_working": assignment(beside, since="2026-11-01")})
    merged = apart.merged()
    assert merged.row(KIND).asks == {}
    case = officer_case({KIND: merged.rows(KIND)}, TODAY, MORNING_MS)
    assert case.responsible is not None
    assert case.responsible.staff_name == lead
    if lead != beside:
        assert case.co_working is not None
        assert case.co_working.staff_name == beside
        assert "co_working_is_responsible" not in _findings(merged)
        return
    assert case.co_working is None
    found = _findings(merged)["co_working_is_responsible"]
    assert found.severity == "S3"
    assert found.words == (
        f"{lead} (Leeds) was named responsible in one place and co-working in another: they are "
        "responsible, and nobody is co-working."
    )


_ticks = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(EVERY_TICK), st.booleans()), max_size=6
)


@given(_ticks, _ticks)
def test_ticks_are_joined_and_an_untick_removes_only_what_it_saw(
    before: list[tuple[int, str, bool]], steps: list[tuple[int, str, bool]]
) -> None:
    apart = Apart()
    apart.prison.write("handover", {"resourcing": "standard"})
    for _, field, is_set in before:
        apart.prison.write("handover", {field: "open" if is_set else "closed"})
    apart.part()
    known = {one.field for one in checklist(apart.prison.shown("handover")) if one.is_done}
    said: dict[str, dict[int, bool]] = {}
    for node, field, is_set in steps:
        apart.nodes[node].write("handover", {field: "open" if is_set else "closed"})
        said.setdefault(field, {})[node] = is_set
    row = apart.merged().row("handover")
    for field in EVERY_TICK:
        last = said.get(field, {})
        expected = any(last.values()) if last else field in known
        assert (row.values.get(field) == "open") == expected, field
    shown = {one.field for one in checklist(row) if one.is_wanted}
    assert shown == set(STANDARD_TICKS)


def test_an_untick_that_missed_a_tick_is_said() -> None:
    apart = Apart()
    apart.prison.write("handover", {"contacted_com": "open"})
    apart.part()
    apart.prison.write("handover", {"contacted_com": "closed"})
    apart.probation.write("handover", {"contacted_com": "open"})
    merged = apart.merged()
    assert merged.severity("handover", "contacted_com") == "S3"
    assert merged.words("handover", "contacted_com") == (
        "Leeds unticked “Contacted the community offender manager” at 07:02, not knowing that "
        "Leeds probation had ticked “Contacted the community offender manager” at 07:01. It stays "
        "ticked until somebody settles it."
    )


@given(st.sampled_from(COMPLEXITIES.names), st.sampled_from(COMPLEXITIES.names))
def test_the_higher_complexity_stands_and_both_reasons_are_kept(here: str, there: str) -> None:
    apart = Apart()
    apart.part()
    for node, level in zip(apart.nodes, (here, there), strict=True):
        reason = {"text": f"{level} at {node.name}", "author": "A. Test", "written_on": 1}
        node.write("complexity", {"level": level, "reasons": reason})
    row = apart.merged().row("complexity")
    assert row.values["level"] == max((here, there), key=COMPLEXITIES.rank)
    assert len(row.values["reasons"]) == 2
    assert bool(row.asks) == (here != there)


_levels = st.sampled_from(("low", "medium", "high", "very_high"))
_ROSH_TIER: Final = {"low": "G", "medium": "G", "high": "D", "very_high": "C"}


@given(_levels, _levels)
def test_the_tier_is_computed_from_the_highest_and_provisional_while_it_is_disputed(
    here: str, there: str
) -> None:
    apart = Apart()
    scores = {
        "all_reoffending": 0,
        "all_reoffending_basis": "dynamic",
        "serious_reoffending": 0,
        "serious_reoffending_basis": "dynamic",
    }
    values = {"calculated_on": "2026-10-01", "scores": scores, "ever_sexual_offence": False}
    apart.probation.write("predictors", values)
    apart.part()
    apart.prison.write("risk", {"public_community": here})
    apart.probation.write("risk", {"public_community": there})
    merged = apart.merged()
    rows = {kind: merged.rows(kind) for kind in ("predictors", "risk")}
    sentence = [row("sentence", 7, status="open")]
    tier = tier_of({**rows, "sentence": sentence}, TODAY, MORNING_MS)
    assert tier.code == min(_ROSH_TIER[here], _ROSH_TIER[there])
    assert tier.is_provisional == (here != there)
