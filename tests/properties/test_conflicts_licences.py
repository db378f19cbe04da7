"""Licences written at two nodes that cannot hear one another: no interleaving ends a condition.

The rows of the table of conflicts for content, approval against edit, and conditions in display:
the active licence stays in force until another is approved, an approval is of the version that it
saw, a recall in force ends all, and what might bind is shown.
"""

from collections.abc import Collection, Iterable
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.rules.every_version import every_version
from casework.rules.licences import InForce, conditions_in_force
from sync_protocol.merge import Row
from tests import toys
from tests.casefile import TODAY, Conflict, Side, at
from tests.contacts import content
from tests.two_nodes import Apart, ApartNode, Merged

pytestmark = pytest.mark.unhurried

AN_APPROVER: Final = (
    "The conditions of all are shown, and those that are not certain are marked, until an approver "
    "settles which it is."
)

FIRST: Final = 1
CONDITIONS: Final = ("curfew", "no pubs", "no knives", "no contact")
STARTED: Final = ("curfew", "no pubs")
DIVERGED: Final = {"status": "diverged"}

skews = st.sampled_from((0, 7_200_000, -7_200_000))
sides = st.booleans()
some_conditions = st.sets(st.sampled_from(CONDITIONS))


def version(bespoke: Iterable[str], *, number: int = 1, approved: bool = True, **parts: Any) -> Any:
    """One version; its standard conditions are the same in all."""
    said = content(*sorted(bespoke), number=number, **parts)
    return {"approved": approved, "content": said}


def new(status: str, **values: Any) -> dict[str, Any]:
    """A new licence."""
    return {
        "licence_kind": "CRD",
        "licence_type": "AP",
        "status": {"from": None, "to": status},
        **values,
    }


def licensed(skew_ms: int = 0, *statuses: str) -> Apart:
    """Both know of a licence that went through these states, the last with its approval."""
    apart = Apart(skew_ms=skew_ms)
    draft = version(STARTED, approved=False)
    apart.prison.write("licence", new("IN_PROGRESS", version=draft), FIRST)
    step(apart.prison, "SUBMITTED")
    for status in statuses or ("APPROVED", "ACTIVE"):
        step(apart.prison, status, version=version(STARTED))
    apart.part()
    return apart


def step(node: ApartNode, status: str, record: int = FIRST, **values: Any) -> None:
    """A step of the status machine from what the node shows."""
    shown = node.value("licence", "status", record)
    node.write("licence", {"status": {"from": shown, "to": status}, **values}, record)


def vary(node: ApartNode, record: int, bespoke: Collection[str], *, of: int = FIRST) -> None:
    """A variation written, submitted and approved at one node, in place of what it varied."""
    submit(node, record, bespoke, of=of)
    approved = version(bespoke, varies_number=1)
    step(node, "VARIATION_APPROVED", record, version=approved)
    step(node, "ACTIVE", record, version=approved)
    step(node, "INACTIVE", of)


def submit(node: ApartNode, record: int, bespoke: Collection[str], *, of: int = FIRST) -> None:
    """A variation that waits for its approval."""
    draft = version(bespoke, approved=False, varies_number=1)
    values = {"licence": toys.record(of).hex(), "licence_kind": "VARIATION", "version": draft}
    node.write("licence", new("VARIATION_IN_PROGRESS", **values), record)
    step(node, "VARIATION_SUBMITTED", record)


def in_force(merged: Merged, recalled_ms: int | None = None) -> InForce:
    """What binds once both have met."""
    rows = merged.rows("licence")
    by_kind = every_version({"licence": rows}, conflicts_of(merged, rows))
    return conditions_in_force(by_kind["licence"], day=TODAY, recalled_ms=recalled_ms)


def conflicts_of(merged: Merged, rows: Iterable[Row]) -> list[Conflict]:
    """The open conflicts about versions, as a store lists them."""
    found = []
    for row in rows:
        if "version" in row.asks:
            sides = tuple(
                Side(one.op_id, one.values["version"], one.node, one.actor, one.hlc)
                for one in merged.standing(row.key)
                if "version" in one.values
            )
            found.append(Conflict(row.key, "version", row.asks["version"], sides))
    return found


def bespoke_of(found: InForce) -> dict[str, bool]:
    """The bespoke conditions that bind, and whether each is disputed."""
    return {one.text: one.is_disputed for one in found.conditions if one.sort == "bespoke"}


def shown_at(node: ApartNode, records: Iterable[int]) -> set[str]:
    """The bespoke conditions that bind, as one node shows them by itself."""
    rows = [row for one in records if (row := node.shown("licence", one)) is not None]
    return set(bespoke_of(conditions_in_force(rows, day=TODAY)))


@given(some_conditions, some_conditions, skews)
def test_of_two_variations_submitted_apart_both_wait_and_nothing_changes(
    here: set[str], there: set[str], skew_ms: int
) -> None:
    apart = licensed(skew_ms)
    submit(apart.prison, 2, here)
    submit(apart.probation, 3, there)
    merged = apart.merged()
    statuses = [merged.row("licence", record).values["status"] for record in (1, 2, 3)]
    assert statuses == ["ACTIVE", "VARIATION_SUBMITTED", "VARIATION_SUBMITTED"]
    found = in_force(merged)
    assert bespoke_of(found) == dict.fromkeys(STARTED, False)
    assert [(one.code, one.severity) for one in found.findings] == [("variations_wait", "S2")]
    assert "until an approver chooses one" in found.findings[0].words


@given(some_conditions, some_conditions, skews)
def test_of_two_variations_approved_apart_both_bind_and_what_differs_is_marked(
    here: set[str], there: set[str], skew_ms: int
) -> None:
    apart = licensed(skew_ms)
    vary(apart.prison, 2, here)
    vary(apart.probation, 3, there)
    found = in_force(apart.merged())
    assert bespoke_of(found) == {one: one not in here & there for one in here | there}
    assert [(one.code, one.severity) for one in found.findings] == [("two_licences_in_force", "S1")]
    assert found.findings[0].words.startswith("In force may be ")
    assert found.findings[0].words.endswith(AN_APPROVER)
    standard = [one.is_disputed for one in found.conditions if one.sort == "standard"]
    assert standard == [False], "what both say is certain"


@given(some_conditions, sides, skews)
def test_an_approval_is_of_the_version_it_saw_and_an_edit_is_a_new_draft(
    edited: set[str], is_first: bool, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    draft = version(STARTED, approved=False)
    apart.prison.write("licence", new("IN_PROGRESS", version=draft), FIRST)
    step(apart.prison, "SUBMITTED")
    apart.part()
    approver, editor = apart.nodes if is_first else apart.nodes[::-1]
    step(approver, "APPROVED", version=version(STARTED))
    step(editor, "IN_PROGRESS", version=version(edited, number=2, approved=False))
    merged = apart.merged()
    row = merged.row("licence", FIRST)
    assert row.values["version"] == version(STARTED), "what was approved, and nothing of the edit"
    assert row.values["status"] == "APPROVED"
    assert dict(row.asks) == DIVERGED, "so that the edit is seen"
    assert merged.severity("licence", "status", FIRST) == "S1"
    words = merged.words("licence", "status", FIRST)
    assert "not knowing that" in words
    assert "approved" in words
    assert "in progress" in words
    standing = [one.values.get("version") for one in merged.standing(row.key)]
    assert version(edited, number=2, approved=False) in standing, "the edit waits as a draft"


@given(some_conditions, some_conditions, skews)
def test_of_two_versions_approved_apart_the_conditions_of_both_bind(
    here: set[str], there: set[str], skew_ms: int
) -> None:
    apart = licensed(skew_ms, "APPROVED")
    for node, bespoke in zip(apart.nodes, (here, there), strict=True):
        step(node, "SUBMITTED", version=version(bespoke, number=2, approved=False))
        step(node, "APPROVED", version=version(bespoke, number=2))
    merged = apart.merged()
    found = in_force(merged)
    assert bespoke_of(found) == {one: one not in here & there for one in here | there}
    asks = merged.row("licence", FIRST).asks
    assert asks == ({} if here == there else {"version": "two_approvals"})
    if here != there:
        assert merged.severity("licence", "version", FIRST) == "S1"
        assert [(one.code, one.severity) for one in found.findings] == [("licence_disputed", "S1")]
        assert merged.words("licence", "version", FIRST).endswith(
            "Until somebody settles it, the conditions of both are shown, and what differs is "
            "marked."
        )


def test_what_happened_to_a_licence_is_said_plainly() -> None:
    apart = licensed(0, "APPROVED")
    for node, bespoke in zip(apart.nodes, (("curfew",), ()), strict=True):
        step(node, "SUBMITTED", version=version(bespoke, number=2, approved=False))
        step(node, "APPROVED", version=version(bespoke, number=2))
    words = apart.merged().words("licence", "version")
    assert "Leeds recorded the licence as approved version 2 with 2 conditions" in words
    assert "Leeds probation had recorded approved version 2 with 1 condition at" in words
    assert words.endswith("the conditions of both are shown, and what differs is marked.")


@given(some_conditions, sides, skews)
def test_a_licence_in_force_is_not_edited_away_while_the_person_is_released_on_it(
    edited: set[str], is_first: bool, skew_ms: int
) -> None:
    apart = licensed(skew_ms, "APPROVED")
    prison, office = apart.nodes if is_first else apart.nodes[::-1]
    step(prison, "ACTIVE", version=version(STARTED))
    step(office, "SUBMITTED", version=version(edited, number=2, approved=False))
    step(office, "APPROVED", version=version(edited, number=2))
    found = bespoke_of(in_force(apart.merged()))
    assert set(found) == {*STARTED, *edited}


@given(st.lists(some_conditions, max_size=2), sides, skews)
def test_a_recall_ends_every_variation_though_it_had_seen_none(
    varied: list[set[str]], is_first: bool, skew_ms: int
) -> None:
    apart = licensed(skew_ms)
    one, other = apart.nodes if is_first else apart.nodes[::-1]
    step(one, "RECALLED", ended_for="RECALLED")
    for place, bespoke in enumerate(varied):
        vary(other, 2 + place, bespoke, of=FIRST + place)
    merged = apart.merged()
    assert merged.row("licence", FIRST).values["status"] == "RECALLED"
    assert bespoke_of(in_force(merged, recalled_ms=at(-24))) == {}
    found = in_force(merged)
    if not varied:
        assert (found.conditions, found.findings) == ((), ())
        return
    assert set(bespoke_of(found)) >= varied[-1], "no recall was decided, so they may bind"
    assert all(one.is_disputed for one in found.conditions)
    assert [one.severity for one in found.findings] == ["S1"]


acts = st.lists(st.tuples(st.sampled_from(("vary", "draft", "end")), some_conditions), max_size=2)


@given(acts, acts, skews)
def test_no_interleaving_ends_a_condition_that_either_node_holds_to_bind(
    here: list[tuple[str, set[str]]], there: list[tuple[str, set[str]]], skew_ms: int
) -> None:
    """INV-07 for licences: a condition ends only where everybody who acted had ended it."""
    apart = licensed(skew_ms)
    said: set[str] = set()
    has_acted = False
    for node, done, first in zip(apart.nodes, (here, there), (10, 20), strict=True):
        records = _act(node, done, first)
        if any(act in {"vary", "end"} for act, _ in done):
            has_acted = True
            said |= shown_at(node, records)
    assert set(bespoke_of(in_force(apart.merged()))) >= (said if has_acted else set(STARTED))


def _act(node: ApartNode, done: list[tuple[str, set[str]]], first: int) -> list[int]:
    """What one node does, each time to the licence that it holds to bind."""
    binding, records = FIRST, [FIRST]
    for record, (act, bespoke) in zip(count(first), done, strict=False):
        has_ended = node.value("licence", "status", binding) == "INACTIVE"
        if act == "draft" and not has_ended:
            submit(node, record, bespoke, of=binding)
        elif act == "vary" and not has_ended:
            vary(node, record, bespoke, of=binding)
            binding = record
            records.append(record)
        elif act == "end" and not has_ended:
            step(node, "INACTIVE", binding, ended_for="EXPIRED")
    return records
