"""What staff are told of each conflict: what is shown, how grave it is, and who, where and when.

One case for each field in which two offices can write apart, of every row of the table of conflicts
that is settled field by field. Whichever office was later, and whatever the order of arrival, the
whole sentence is that of the case: nothing of it is left to a phrase that a test happens to quote.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records import REGISTRY
from casework.records.examples import example_of
from sync_protocol.clock import hlc_ms
from sync_protocol.op import Op
from sync_protocol.policy import Severity
from tests.casefile import at
from tests.two_nodes import SPEECH, Apart

pytestmark = pytest.mark.unhurried


class Case(msgspec.Struct, frozen=True):
    """One field, written apart by two offices.

    `did` are what each did, as the sentence says it, after "Leeds " and before the time; where
    `called` is given, it is named once, by the later of them.
    """

    kind: str
    writes: tuple[Mapping[str, Any], Mapping[str, Any]]
    field: str
    did: tuple[str, str]
    shown: Any
    """What everybody shows; of `is_either` whichever it is counts for nothing."""
    severity: Severity
    meanwhile: str
    called: str = ""
    base: Mapping[str, Any] = {}
    is_either: bool = False

    @property
    def name(self) -> str:
        """For the one who reads that it failed."""
        return f"{self.kind}.{self.field}"

    def sentence(self, earlier: tuple[Op, int], later: tuple[Op, int]) -> str:
        """All that staff are told; each is an op, and which of the two wrote it."""
        done = [
            f"{SPEECH.place_of(op.header.node)} {self._did(of, is_last=op is later[0])} at "
            f"{SPEECH.time_of(hlc_ms(op.hlc))}"
            for op, of in (later, earlier)
        ]
        return f"{done[0]}, not knowing that {done[1]}. {self.meanwhile}"

    def _did(self, of: int, *, is_last: bool) -> str:
        had = "" if is_last else "had "
        if not self.called:
            return f"{had}{self.did[of]}"
        about = f"{self.called} as " if is_last else ""
        return f"{had}recorded {about}{self.did[of]}"


OPEN: Final = "It stays open until somebody settles it."


def closed(
    kind: str, record: str, other: Mapping[str, Any], severity: Severity, **base: Any
) -> Case:
    """Closed here, and changed there by somebody who went on working with it."""
    return Case(
        kind=kind,
        writes=({"status": "closed"}, other),
        field="status",
        did=(f"closed {record}", f"changed {record}"),
        shown="open",
        severity=severity,
        meanwhile=OPEN,
        base=base,
    )


def raised(
    about: tuple[str, str, str],
    low: tuple[Any, str],
    high: tuple[Any, str],
    severity: Severity,
    **base: Any,
) -> Case:
    """Put higher here and lower there: the higher is shown."""
    kind, field, called = about
    words = high[1][:1].upper() + high[1][1:]
    return Case(
        kind=kind,
        writes=({field: high[0]}, {field: low[0]}),
        field=field,
        did=(high[1], low[1]),
        shown=high[0],
        severity=severity,
        meanwhile=f"{words} is shown, as the more cautious, until somebody settles it.",
        called=called,
        base=base,
    )


def signed(text: str) -> dict[str, Any]:
    return {"text": text, "author": "Ash", "written_on": at(0)}


SELF_HARM: Final = {"code": "HA", "type": "H"}
CASES: Final = (
    closed("alert", "the alert", {"active_to": "2030-01-01"}, "S2", code="XA", type="X"),
    closed("alert", "the alert", {"active_to": "2030-01-01"}, "S1", **SELF_HARM),
    raised(
        ("alert", "active_to", "the end"),
        ("2030-01-01", "1 January 2030"),
        (None, "no end"),
        "S1",
        **SELF_HARM,
    ),
    raised(
        ("risk", "public_community", "risk to the public in the community"),
        ("low", "low"),
        ("very_high", "very high"),
        "S1",
        public_community="medium",
    ),
    closed("registration", "the registration", {"mappa_level": "M2"}, "S1", register="MAPP"),
    closed("non_association", "the non-association", {"restriction": "WING"}, "S1"),
    raised(
        ("non_association", "restriction", "how far two people are kept apart"),
        ("LANDING", "landing"),
        ("WING", "wing"),
        "S1",
    ),
    raised(("complexity", "level", "the level"), ("MEDIUM", "medium"), ("HIGH", "high"), "S3"),
    raised(
        ("risk", "csra", "cell-sharing risk"),
        ("standard", "standard"),
        ("high", "high"),
        "S1",
        csra="standard",
    ),
    raised(
        ("case_note", "sensitive", "whether the note is sensitive"),
        (False, "no"),
        (True, "yes"),
        "S2",
    ),
    raised(
        ("self_harm_monitoring", "frequency", "how often the person is looked after"),
        ("HOURLY", "hourly"),
        ("EVERY_15_MINUTES", "every 15 minutes"),
        "S1",
    ),
    raised(
        ("resettlement_pathway", "need", "what is needed"),
        ("DONE", "Done"),
        ("SUPPORT_REQUIRED", "Support required"),
        "S2",
    ),
    raised(
        ("registration", "mappa_level", "the MAPPA level"),
        ("M2", "Level 2: active multi-agency management"),
        ("M3", "Level 3: active enhanced multi-agency management"),
        "S1",
        register="MAPP",
    ),
    raised(
        ("address", "to_day", "the last day"),
        ("2030-01-01", "1 January 2030"),
        (None, "no last day"),
        "S3",
        to_day="2029-01-01",
    ),
    closed("self_harm_monitoring", "the self-harm monitoring", {"frequency": "HOURLY"}, "S1"),
    closed("victim_contact", "the victim contact", {"has_opted_in": True}, "S1"),
    closed("sentence_adjustment", "the adjustment", {"notes": signed("Checked.")}, "S1"),
    Case(
        kind="incident",
        writes=(
            {"progress": {"from": "AWAITING_REVIEW", "to": "CLOSED"}},
            {"progress": {"from": "AWAITING_REVIEW", "to": "ON_HOLD"}},
        ),
        field="progress",
        did=("closed", "on hold"),
        shown="CLOSED",
        severity="S2",
        meanwhile="Closed, the furthest, is shown until somebody settles it.",
        called="the progress",
        base={"progress": {"from": None, "to": "AWAITING_REVIEW"}},
    ),
    Case(
        kind="adjudication",
        writes=(
            {"progress": {"from": "SCHEDULED", "to": "CHARGE_PROVED"}},
            {"progress": {"from": "SCHEDULED", "to": "DISMISSED"}},
        ),
        field="progress",
        did=("charge proved", "dismissed"),
        shown="CHARGE_PROVED",
        severity="S1",
        meanwhile="Charge proved, the furthest, is shown until somebody settles it.",
        called="the progress",
    ),
    closed("recall", "the recall", {"is_emergency": True}, "S1"),
    closed("release", "the release", {"notes": signed("He left at ten.")}, "S1"),
    closed("exclusion_zone", "the exclusion zone", {"ends_on": "2030-01-01"}, "S1"),
    closed("no_contact", "the no-contact record", {"ends_on": "2030-01-01"}, "S1"),
    closed("restriction", "the restriction", {"end": "2030-01-01"}, "S1"),
    closed("task", "the task", {"due_on": "2030-01-01"}, "S2"),
    Case(
        kind="person_link",
        writes=({"claim": "same_as"}, {"claim": "not_same"}),
        field="claim",
        did=("one person", "two people"),
        shown=None,
        severity="S1",
        meanwhile="The two are shown apart until somebody settles it.",
        called="the two records",
        is_either=True,
    ),
    Case(
        kind="temporary_absence",
        writes=(
            {"approval": {"from": "APPROVED", "to": "CANCELLED"}},
            {"approval": {"from": "APPROVED", "to": "PAUSED"}},
        ),
        field="approval",
        did=("cancelled", "paused"),
        shown="CANCELLED",
        severity="S1",
        meanwhile=(
            "Nobody leaves on it unless it is shown as approved; whoever is out is called back."
        ),
        called="the authorisation",
    ),
    Case(
        kind="handover",
        writes=({"contacted_com": "closed"}, {"contacted_com": "open"}),
        field="contacted_com",
        did=(
            "unticked “Contacted the community offender manager”",
            "ticked “Contacted the community offender manager”",
        ),
        shown="open",
        severity="S3",
        meanwhile="It stays ticked until somebody settles it.",
        base={"contacted_com": "open"},
    ),
    Case(
        kind="responsibility_override",
        writes=({"responsibility": "CustodyOnly"}, {"responsibility": "CustodyWithCom"}),
        field="responsibility",
        did=("the prison", "the prison with the community's support"),
        shown=None,
        severity="S2",
        meanwhile="Neither decision counts: what the rules say does, until somebody settles it.",
        called="who is responsible by decision",
        base={"responsibility": "Community"},
        is_either=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@given(skew_ms=st.sampled_from((0, 7_200_000, -7_200_000)), is_swapped=st.booleans())
def test_what_is_shown_how_grave_it_is_and_what_staff_are_told(
    case: Case, skew_ms: int, *, is_swapped: bool
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write(case.kind, {**example_of(REGISTRY.known(case.kind)), **case.base})
    apart.part()
    nodes = apart.nodes[::-1] if is_swapped else apart.nodes
    wrote = [
        (node.write(case.kind, values), of)
        for of, (node, values) in enumerate(zip(nodes, case.writes, strict=True))
    ]
    earlier, later = sorted(wrote, key=lambda one: (one[0].hlc, one[0].id))
    merged = apart.merged()
    shown = merged.row(case.kind).values[case.field]
    assert shown in [values.get(case.field) for values in case.writes] + [case.shown]
    assert shown == case.shown or case.is_either
    assert merged.severity(case.kind, case.field) == case.severity
    assert merged.words(case.kind, case.field) == case.sentence(earlier, later)
