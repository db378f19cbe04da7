"""In which order the kinds of a person's record are shown, and under which headings."""

from collections.abc import Iterable
from typing import Final

import msgspec

OTHER: Final = "other"


class Group(msgspec.Struct, frozen=True):
    """Some kinds under one heading; `name` stands in addresses."""

    name: str
    title: str
    kinds: tuple[str, ...]


GROUPS: Final = (
    Group(
        "identity",
        "Who they are",
        ("person", "identifier", "address", "contact_detail", "person_link", "document"),
    ),
    Group(
        "sentence",
        "Sentence and dates",
        ("sentence", "key_dates", "sentence_adjustment", "requirement", "court_appearance"),
    ),
    Group(
        "custody",
        "Custody",
        (
            "movement",
            "cell",
            "temporary_absence",
            "non_association",
            "adjudication",
            "incident",
        ),
    ),
    Group(
        "officer",
        "Responsibility and handover",
        (
            "offender_manager",
            "handover",
            "responsibility_override",
            "early_allocation",
            "key_worker",
            "complexity",
            "parole",
            "task",
        ),
    ),
    Group(
        "risk",
        "Risk and safety",
        (
            "alert",
            "risk",
            "registration",
            "assessment",
            "self_harm_monitoring",
            "sentence_plan",
            "plan_goal",
            "plan_step",
            "keep_out_area",
            "no_contact",
            "exclusion_zone",
            "victim_contact",
        ),
    ),
    Group(
        "contact",
        "Probation contact",
        ("appointment", "outcome", "check_in", "enforcement", "breach", "case_note"),
    ),
    Group("licence", "Licence and recall", ("licence", "release", "recall", "seen_in_community")),
    Group(
        "interventions",
        "Interventions",
        (
            "referral",
            "action_plan",
            "intervention_session",
            "end_of_service",
            "programme",
            "resettlement_pathway",
        ),
    ),
)


def groups_of_kinds(kinds: Iterable[str]) -> tuple[Group, ...]:
    """These kinds in their groups; whatever no group names comes last, by name."""
    known = set(kinds)
    found = [
        Group(group.name, group.title, tuple(kind for kind in group.kinds if kind in known))
        for group in GROUPS
    ]
    rest = tuple(sorted(known - {kind for group in GROUPS for kind in group.kinds}))
    return (*(group for group in found if group.kinds), *_others(rest))


def _others(kinds: tuple[str, ...]) -> tuple[Group, ...]:
    return (Group(OTHER, "Other", kinds),) if kinds else ()
