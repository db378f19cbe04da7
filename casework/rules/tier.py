"""The tier of a person under supervision: how much of an officer's time their case is given.

A single tier from A, the highest, to G, as the public repository hmpps-tier computes version 3
(`TierCalculator`, `ReoffendingPredictorTable`, `ProvisionalStatusCalculator`): the highest that
any factor gives. It is provisional while a predictor is static, the risk of serious harm is not
known, unless neither could raise it, and while an input is in dispute, which may also lower it.
Scores are whole hundredths of a per cent, since no float is ever stored.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

import msgspec

from casework.rules.months import months_before

Letter = Literal["A", "B", "C", "D", "E", "F", "G"]
Rosh = Literal["low", "medium", "high", "very_high"]
Band = Literal["low", "medium", "high", "very_high"]
TierCode = Literal["A", "B", "C", "D", "E", "F", "G", "NOT_SUPERVISED", "MISSING"]

LOWEST: Final[Letter] = "G"

CSRP_FROM: Final = (690, 300, 100, 50, 0)
ARP_FROM: Final = (9000, 7500, 5000, 2500, 1500, 0)
# By serious reoffending down and all reoffending across, from the highest.
PREDICTED: Final[tuple[tuple[Letter, ...], ...]] = (
    ("A", "A", "B", "B", "B", "B"),
    ("A", "B", "C", "C", "C", "C"),
    ("B", "C", "D", "E", "E", "E"),
    ("C", "D", "E", "E", "F", "F"),
    ("D", "D", "E", "F", "F", "G"),
)
SCORE_MAX: Final = 10_000

LIFER_FIRST_MONTHS: Final = 12
LIFER_LATER_MONTHS: Final = 60

# From the highest score down: before a fall in risk is counted, then after it.
SEXUAL_MEDIUM: Final[tuple[tuple[int, Letter], ...]] = ((336, "C"), (211, "D"), (112, "C"))
MAPPA_TIERS: Final[Mapping[str, Letter]] = {"very_high": "A", "high": "C", "medium": "D"}
OTHER_TIERS: Final[Mapping[str, Letter]] = {"very_high": "C", "high": "D"}


class Predictor(msgspec.Struct, frozen=True):
    """A predictor's score; `is_static` where no assessment of the person went into it."""

    score_hundredths: int
    is_static: bool = False


class SexualPredictor(msgspec.Struct, frozen=True):
    """The direct-contact sexual reoffending predictor; a score of nothing is none."""

    score_hundredths: int
    band: Band | None


class TierInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the tier is computed from; None where it is not known."""

    is_supervised: bool = True
    arp: Predictor | None = None
    csrp: Predictor | None = None
    dc_srp: SexualPredictor | None = None
    rosh: Rosh | None = None
    is_mappa: bool = False
    is_lifer_or_ipp: bool = False
    latest_release_on: date | None = None
    has_domestic_abuse: bool = False
    has_stalking: bool = False
    has_child_protection: bool = False
    has_sexual_offence: bool = False
    disputed: tuple[str, ...] = ()
    """Which of these two places record differently, in words."""


class Tier(msgspec.Struct, frozen=True):
    """A tier, what each factor gave, and why it may still change."""

    code: TierCode
    factors: Mapping[str, Letter] = {}
    provisional_because: tuple[str, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether it may change once what is missing is there."""
        return bool(self.provisional_because)


def tier_on(inputs: TierInputs, day: date) -> Tier:
    """The tier as of a day."""
    if not inputs.is_supervised:
        return Tier("NOT_SUPERVISED")
    if inputs.arp is None or inputs.csrp is None:
        return Tier("MISSING", provisional_because=("A reoffending predictor is missing.",))
    found: dict[str, Letter | None] = {
        "reoffending": predicted(inputs.arp.score_hundredths, inputs.csrp.score_hundredths),
        "sexual_reoffending": _sexual(inputs.dc_srp),
        "mappa_and_rosh": _mappa_and_rosh(inputs),
        "lifer_or_ipp": _lifer(inputs, day),
        "domestic_abuse": "E" if inputs.has_domestic_abuse else None,
        "stalking": "F" if inputs.has_stalking else None,
        "child_protection": "F" if inputs.has_child_protection else None,
        "sexual_offence": "E" if inputs.has_sexual_offence else None,
    }
    factors = {name: letter for name, letter in found.items() if letter is not None}
    why = (
        *_static_words(inputs.arp, inputs.csrp, factors),
        *_rosh_words(inputs, inputs.arp, inputs.csrp, factors),
        *(f"Two places record {one} differently." for one in inputs.disputed),
    )
    return Tier(highest(factors), factors, why)


def highest(factors: Mapping[str, Letter], *but: str) -> Letter:
    """The highest tier that any factor gives, but for those named; G where none gives any."""
    return min((letter for name, letter in factors.items() if name not in but), default=LOWEST)


def predicted(arp_hundredths: int, csrp_hundredths: int) -> Letter:
    """The tier for the two reoffending predictors."""
    row = next(at for at, least in enumerate(CSRP_FROM) if max(csrp_hundredths, 0) >= least)
    column = next(at for at, least in enumerate(ARP_FROM) if max(arp_hundredths, 0) >= least)
    return PREDICTED[row][column]


def _sexual(dc_srp: SexualPredictor | None) -> Letter | None:
    if dc_srp is None or dc_srp.band is None or dc_srp.score_hundredths <= 0:
        return None
    if dc_srp.band == "medium":
        found = (tier for least, tier in SEXUAL_MEDIUM if dc_srp.score_hundredths >= least)
        return next(found, "D")
    by_band: Mapping[str, Letter] = {"very_high": "A", "high": "B", "low": "E"}
    return by_band[dc_srp.band]


def _mappa_and_rosh(inputs: TierInputs) -> Letter | None:
    rosh = inputs.rosh or ""
    return MAPPA_TIERS.get(rosh, "E") if inputs.is_mappa else OTHER_TIERS.get(rosh)


def _lifer(inputs: TierInputs, day: date) -> Letter | None:
    released = inputs.latest_release_on
    if released is None or not inputs.is_lifer_or_ipp:
        return None
    if released >= months_before(day, LIFER_FIRST_MONTHS):
        return "B"
    return "D" if released >= months_before(day, LIFER_LATER_MONTHS) else "E"


def _static_words(
    arp: Predictor, csrp: Predictor, factors: Mapping[str, Letter]
) -> tuple[str, ...]:
    """Why a static predictor may still raise the tier; nothing where another factor is as high."""
    if not (arp.is_static or csrp.is_static):
        return ()
    possible = predicted(
        SCORE_MAX if arp.is_static else arp.score_hundredths,
        SCORE_MAX if csrp.is_static else csrp.score_hundredths,
    )
    if highest(factors, "reoffending") <= possible:
        return ()
    return ("A reoffending predictor is static: nobody has assessed the person for it yet.",)


def _rosh_words(
    inputs: TierInputs, arp: Predictor, csrp: Predictor, factors: Mapping[str, Letter]
) -> tuple[str, ...]:
    if inputs.rosh is not None:
        return ()
    is_dynamic = not (arp.is_static or csrp.is_static)
    without = highest(factors, "mappa_and_rosh", *(() if is_dynamic else ("reoffending",)))
    enough: Letter = "A" if inputs.is_mappa else "C"
    return () if without <= enough else ("The risk of serious harm is not recorded.",)
