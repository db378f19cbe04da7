"""Links: who is one with whom, and what a contradiction looks like."""

from casework.rules.links import groups_of, judged_pairs
from sync_protocol.ids import SubjectId
from tests import toys
from tests.casefile import Row, row

A, B, C, D = sorted(toys.subject(one) for one in range(4))


def link(one: bytes, other: bytes, claim: str = "same_as", *, contested: bool = False) -> Row:
    pair = (SubjectId(one), SubjectId(other))
    asks = {"claim": "contested"} if contested else {}
    return row("person_link", subjects=pair, asks=asks, claim=claim, status="open")


def closed(one: bytes, other: bytes) -> Row:
    pair = (SubjectId(one), SubjectId(other))
    return row("person_link", subjects=pair, claim="same_as", status="closed")


def test_a_chain_of_links_is_one_group_by_its_oldest_record() -> None:
    groups = groups_of([link(C, B), link(D, C), link(B, A)])
    assert groups[A].members == (A, B, C, D)
    assert groups[D].chief == A
    assert groups[B] is groups[C]
    assert groups[A].finding is None


def test_links_both_ways_round_make_no_circle() -> None:
    assert groups_of([link(A, B), link(B, A), link(B, C), link(A, C)])[C].members == (A, B, C)


def test_two_groups_met_by_a_later_link_are_one() -> None:
    assert groups_of([link(A, B), link(C, D), link(B, C)])[D].members == (A, B, C, D)


def test_a_closed_link_joins_nobody() -> None:
    assert groups_of([closed(A, B)]) == {}
    assert judged_pairs([closed(A, B)]) == frozenset()


def test_not_the_same_inside_a_group_is_a_grave_contradiction() -> None:
    group = groups_of([link(A, B), link(B, C), link(A, C, "not_same")])[B]
    assert group.is_contradicted
    assert group.finding is not None
    assert (group.finding.severity, group.finding.subjects) == ("S1", (A, B, C))


def test_not_the_same_outside_a_group_joins_nobody_and_troubles_nobody() -> None:
    groups = groups_of([link(A, B), link(A, C, "not_same")])
    assert set(groups) == {A, B}
    assert not groups[A].is_contradicted


def test_a_contested_claim_counts_as_both() -> None:
    assert groups_of([link(A, B, "not_same", contested=True)])[A].is_contradicted


def test_a_pair_of_which_somebody_spoke_is_judged() -> None:
    assert judged_pairs([link(B, A), link(C, D, "not_same")]) == {(A, B), (C, D)}
