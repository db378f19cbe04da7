"""Which side is responsible for a person in custody, and from when the other takes over.

The rules are those of offender management in custody, as the public repository
offender-management-allocation-manager has them (`OffenderHandover`, `HandoverCalculation` and
`docs/allocation-handover-domain.md`): the first that matches counts, and the four of
indeterminate sentences come before "recalled", since a recalled lifer whose hearing is a year away
stays with the prison. Every node computes it from what it holds; no job at the centre does.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from casework.reference.reader import describe
from casework.rules.months import months_after, months_before
from casework.rules.rows import Finding, Row
from sync_protocol.ids import SubjectId

WhoLeads = Literal["CustodyOnly", "CustodyWithCom", "Community"]
LEADS: Final[tuple[WhoLeads, ...]] = ("CustodyOnly", "CustodyWithCom", "Community")

EARLY_MONTHS: Final = 15
PAROLE_MONTHS: Final = 12
DETERMINATE_MONTHS: Final = 8
DETERMINATE_DAYS: Final = 14
SHORT_MONTHS: Final = 10
FAR_HEARING_MONTHS: Final = 12

LEAD_WORDS: Final = {
    "CustodyOnly": "The prison is responsible",
    "CustodyWithCom": "The prison is responsible, and the community supports",
    "Community": "The community is responsible, and the prison supports",
}


class InputVersion(msgspec.Struct, frozen=True):
    """Which record a ruling rests on, and which version of it."""

    kind: str
    record: str
    version: str


class ResponsibilityInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The sentence, its dates and what else the rules ask; days that are not known are None."""

    is_adult: bool = True
    is_sentenced: bool = True
    is_civil: bool = False
    is_recalled: bool = False
    is_immigration_case: bool = False
    is_indeterminate: bool = False
    has_additional_indeterminate: bool = False
    is_early_allocated: bool = False
    is_parole_refused: bool = False
    mappa_level: int | None = None
    sentenced_on: date | None = None
    tariff_expires_on: date | None = None
    target_hearing_on: date | None = None
    parole_eligible_on: date | None = None
    conditional_release_on: date | None = None
    automatic_release_on: date | None = None
    is_open: bool = False
    """Whether the person is in open conditions."""
    is_womens_estate: bool = False
    open_category_from: date | None = None
    arrived_open_on: date | None = None
    disputed: tuple[str, ...] = ()
    """Which of these two places record differently, in words."""
    versions: tuple[InputVersion, ...] = ()


class EarliestRelease(msgspec.Struct, frozen=True):
    """The day from which handover is counted, and which key date it is."""

    on: date
    name: Literal["TED", "THD", "PED", "CRD", "ARD"]


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads, why, and from which days the community supports and takes over.

    `leads` is None of somebody whom the rules are not for; `reason` is a code of
    `responsibility_reasons`, or of `responsibility_override_reasons` where `is_decided`.
    """

    leads: WhoLeads | None
    reason: str
    starts_on: date | None = None
    handover_on: date | None = None
    earliest: EarliestRelease | None = None
    by_rule: WhoLeads | None = None
    """What the rules alone say."""
    is_decided: bool = False
    """Whether a decision sets the rules aside."""
    disputed: tuple[str, ...] = ()
    versions: tuple[InputVersion, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether it may change once what is disputed is settled."""
        return bool(self.disputed)

    @property
    def reason_words(self) -> str:
        """Why, in words."""
        if not self.reason:
            return "Not under the rules: not sentenced, under 18, or a civil order"
        if self.is_decided:
            return f"By decision: {self.reason.replace('_', ' ')}"
        return describe("responsibility_reasons", self.reason)


class Phase(msgspec.Struct, frozen=True):
    """Days from one to before another on which one side leads by the rules."""

    leads: WhoLeads
    since: date
    until: date


def phases(ruling: Ruling, first: date, last: date) -> tuple[Phase, ...]:
    """Who leads by the rules from a first day to a last, as they stand now."""
    if ruling.by_rule is None or first >= last:
        return ()
    if ruling.starts_on is None or ruling.handover_on is None:
        return (Phase(ruling.by_rule, first, last),)
    starts = min(max(ruling.starts_on, first), last)
    handover = min(max(ruling.handover_on, starts), last)
    every: tuple[Phase, ...] = (
        Phase("CustodyOnly", first, starts),
        Phase("CustodyWithCom", starts, handover),
        Phase("Community", handover, last),
    )
    return tuple(one for one in every if one.since < one.until)


def responsibility_on(inputs: ResponsibilityInputs, day: date) -> Ruling:
    """What the rules say as of a day, before any decision to the contrary."""
    ruling = _ruling(inputs, day)
    return msgspec.structs.replace(
        ruling, by_rule=ruling.leads, disputed=inputs.disputed, versions=inputs.versions
    )


def decided(ruling: Ruling, override: Row | None, person: SubjectId | None = None) -> Ruling:
    """The ruling with a decision to the contrary, where there is one that nobody disputes.

    Two decisions that differ, made unseen by each other, leave what the rules say: it is the one
    answer that everybody can foresee.
    """
    if override is None:
        return ruling
    if "responsibility" in override.asks:
        lead = LEAD_WORDS.get(ruling.leads or "", "The rules are not for this person")
        words = (
            "Two decisions about who is responsible differ, each made without seeing the other. "
            f"{lead}, as the rules say, until somebody settles it."
        )
        about = () if person is None else (person,)
        found = Finding("override_contested", "S2", words, about)
        return msgspec.structs.replace(ruling, findings=(*ruling.findings, found))
    chosen = override.values.get("responsibility")
    if chosen not in LEADS:
        return ruling
    reasons = override.values.get("reasons") or ()
    codes = [one.get("code", "") for one in reasons if isinstance(one, dict)]
    reason = str(codes[-1]) if codes else "other_reason"
    return msgspec.structs.replace(ruling, leads=chosen, reason=reason, is_decided=True)


def earliest_release(inputs: ResponsibilityInputs, day: date) -> EarliestRelease | None:
    """The day handover is counted from: of an indeterminate sentence the tariff's end, else the
    hearing, whichever is to come, else the nearer; of others parole eligibility, else the earlier
    of conditional and automatic release.
    """
    if inputs.is_indeterminate:
        tariff = _named(inputs.tariff_expires_on, "TED")
        hearing = _named(inputs.target_hearing_on, "THD")
        known = [one for one in (tariff, hearing) if one is not None]
        to_come = [one for one in known if one.on > day]
        nearest = min(known, key=lambda one: abs((one.on - day).days), default=None)
        return to_come[0] if to_come else nearest
    parole = _named(inputs.parole_eligible_on, "PED")
    automatic = _named(inputs.automatic_release_on, "ARD")
    conditional = _named(inputs.conditional_release_on, "CRD")
    known = [one for one in (automatic, conditional) if one is not None]
    return parole or min(known, key=lambda one: one.on, default=None)


def handover_day(inputs: ResponsibilityInputs, release: date) -> tuple[date | None, str]:
    """The day on which the community takes over, and the rule's code; None: at once."""
    if inputs.is_early_allocated:
        return months_before(release, EARLY_MONTHS), "early_allocation"
    if inputs.is_indeterminate:
        code = "indeterminate_open" if inputs.is_open else "indeterminate"
        return months_before(release, PAROLE_MONTHS), code
    begun = inputs.sentenced_on
    if begun is not None and months_after(begun, SHORT_MONTHS) >= release:
        return None, "determinate_short"
    if inputs.parole_eligible_on is not None:
        return months_before(release, PAROLE_MONTHS), "determinate_parole"
    eight_before = months_before(release, DETERMINATE_MONTHS)
    return eight_before - timedelta(days=DETERMINATE_DAYS), "determinate"


def support_day(inputs: ResponsibilityInputs, handover_on: date) -> date:
    """The day from which the community supports: that of handover, or earlier in open conditions.

    Of an indeterminate sentence it is the day of the open category in the women's estate, and of
    arrival at the open prison in the men's.
    """
    if not (inputs.is_indeterminate and inputs.is_open):
        return handover_on
    opened = inputs.open_category_from if inputs.is_womens_estate else inputs.arrived_open_on
    return min(handover_on, opened) if opened is not None else handover_on


def _ruling(inputs: ResponsibilityInputs, day: date) -> Ruling:
    if not (inputs.is_adult and inputs.is_sentenced) or inputs.is_civil:
        return Ruling(leads=None, reason="")
    is_far = _hearing_is_far(inputs, day)
    for matches, reason, leads in SPECIAL:
        if matches(inputs, is_far):
            return Ruling(leads=leads, reason=reason)
    earliest = earliest_release(inputs, day)
    if earliest is None:
        return Ruling(leads="CustodyOnly", reason="release_date_unknown")
    handover_on, reason = handover_day(inputs, earliest.on)
    if handover_on is None:
        return Ruling(leads="Community", reason=reason, earliest=earliest)
    starts_on = support_day(inputs, handover_on)
    return Ruling(
        leads=_lead_by_day(starts_on, handover_on, day),
        reason=reason,
        starts_on=starts_on,
        handover_on=handover_on,
        earliest=earliest,
    )


def _lead_by_day(starts_on: date, handover_on: date, day: date) -> WhoLeads:
    if day < starts_on:
        return "CustodyOnly"
    return "CustodyWithCom" if day < handover_on else "Community"


def _hearing_is_far(inputs: ResponsibilityInputs, day: date) -> bool:
    """Whether the hearing of an indeterminate sentence is twelve months off or more."""
    hearing = inputs.target_hearing_on
    is_far = hearing is not None and hearing >= months_after(day, FAR_HEARING_MONTHS)
    return inputs.is_indeterminate and is_far


def _is_managed(inputs: ResponsibilityInputs) -> bool:
    """Whether agencies meet about the person, at MAPPA level 2 or 3."""
    return inputs.mappa_level in (2, 3)


def _named(
    on: date | None, name: Literal["TED", "THD", "PED", "CRD", "ARD"]
) -> EarliestRelease | None:
    return EarliestRelease(on, name) if on is not None else None


Matches = Callable[[ResponsibilityInputs, bool], bool]

SPECIAL: Final[tuple[tuple[Matches, str, WhoLeads], ...]] = (
    (
        lambda one, _far: one.is_indeterminate and one.has_additional_indeterminate,
        "additional_isp",
        "CustodyOnly",
    ),
    (
        lambda one, far: far and one.is_recalled and not _is_managed(one),
        "recall_thd_over_12_months",
        "CustodyWithCom",
    ),
    (
        lambda one, far: far and one.is_parole_refused and _is_managed(one),
        "parole_mappa_2_3",
        "Community",
    ),
    (lambda one, far: far and one.is_parole_refused, "thd_over_12_months", "CustodyWithCom"),
    (lambda one, _far: one.is_recalled, "recall_case", "Community"),
    (lambda one, _far: one.is_immigration_case, "immigration_case", "Community"),
)
"""The cases in which no date is asked, in the order in which they are asked."""
