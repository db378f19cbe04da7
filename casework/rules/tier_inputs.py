"""What the tier is computed from, read off a person's records; the merge has chosen already.

Registers are those of `risk_registers`; which of them count is as the public repository hmpps-tier
has it. What two places record differently counts at its higher value and is named as disputed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from casework.records.risk import LEVELS
from casework.rules.rows import DAY_MS, Row, day_of, is_closed, is_ticked, read_day
from casework.rules.tier import Predictor, SexualPredictor, Tier, TierInputs, tier_on

RowsByKind = Mapping[str, Sequence[Row]]

MAPPA: Final = "MAPP"
LIFER: Final = "INLL"
DOMESTIC_ABUSE: Final = frozenset({"ADVP", "REG30"})
STALKING: Final = frozenset({"SPO"})
CHILD_PROTECTION: Final = frozenset({"RCPR"})
ROSH_REGISTERS: Final = {"RVHR": "very_high", "RHRH": "high", "RMRH": "medium", "RLRH": "low"}
GROUPS: Final = ("children", "public", "known_adult", "staff", "prisoners")
HARM_FIELDS: Final = tuple(f"{one}_{where}" for one in GROUPS for where in ("custody", "community"))


def tier_of(rows: RowsByKind, day: str, now_ms: int) -> Tier:
    """The tier of a person as of a day."""
    return tier_on(tier_inputs(rows, now_ms), date.fromisoformat(day))


def tier_inputs(rows: RowsByKind, now_ms: int) -> TierInputs:
    """The inputs as they stand now."""
    open_registers = [one for one in rows.get("registration", ()) if not is_closed(one)]
    registers = {str(one.values.get("register")) for one in open_registers}
    latest = _latest(rows.get("predictors", ()))
    scores = [one for one in (row.values.get("scores") for row in latest) if one]
    return TierInputs(
        is_supervised=any(not is_closed(one) for one in rows.get("sentence", ())),
        arp=_predictor(scores, "all_reoffending"),
        csrp=_predictor(scores, "serious_reoffending"),
        dc_srp=_sexual(scores),
        rosh=_rosh(rows, registers),
        is_mappa=MAPPA in registers,
        is_lifer_or_ipp=LIFER in registers,
        latest_release_on=_released_on(rows.get("release", ()), now_ms),
        has_domestic_abuse=bool(registers & DOMESTIC_ABUSE),
        has_stalking=bool(registers & STALKING),
        has_child_protection=bool(registers & CHILD_PROTECTION),
        has_sexual_offence=any(is_ticked(one, "ever_sexual_offence") for one in latest),
        disputed=tuple(_disputed(rows, open_registers, latest)),
    )


def _latest(predictors: Iterable[Row]) -> list[Row]:
    """The calculations of the last day on which there was one."""
    standing = [one for one in predictors if not is_closed(one)]
    last = max((str(one.values.get("calculated_on")) for one in standing), default="")
    return [one for one in standing if str(one.values.get("calculated_on")) == last]


def _predictor(scores: Sequence[Mapping[str, Any]], name: str) -> Predictor | None:
    """The highest of them; one that is static leaves it static, since it may yet rise."""
    if not scores:
        return None
    is_static = any(one.get(f"{name}_basis") != "dynamic" for one in scores)
    return Predictor(max(int(one[name]) for one in scores), is_static)


def _sexual(scores: Sequence[Mapping[str, Any]]) -> SexualPredictor | None:
    known = [
        SexualPredictor(int(one["contact_sexual"]), one.get("contact_sexual_band"))
        for one in scores
        if one.get("contact_sexual") is not None
    ]
    ranked = (one for one in known if one.band is not None)
    return max(ranked, key=lambda one: (LEVELS.rank(one.band), one.score_hundredths), default=None)


def _rosh(rows: RowsByKind, registers: set[str]) -> Any:
    """The highest level of harm in the grid or on a register; None where none is recorded."""
    risk = next(iter(rows.get("risk", ())), None)
    values: Mapping[str, Any] = risk.values if risk is not None else {}
    levels = [str(values[one]) for one in HARM_FIELDS if values.get(one) is not None]
    levels += [level for register, level in ROSH_REGISTERS.items() if register in registers]
    known = [one for one in levels if one in LEVELS.names]
    return max(known, key=LEVELS.rank, default=None)


def _released_on(releases: Iterable[Row], now_ms: int) -> date | None:
    moments = [
        int(one.values["occurred_at"])
        for one in releases
        if not is_closed(one) and isinstance(one.values.get("occurred_at"), int)
    ]
    past = [moment for moment in moments if moment < now_ms + DAY_MS]
    return read_day(day_of(max(past))) if past else None


def _disputed(
    rows: RowsByKind, registrations: Sequence[Row], predictors: Sequence[Row]
) -> Iterable[str]:
    if any(name in HARM_FIELDS for row in rows.get("risk", ()) for name in row.asks):
        yield "the risk of serious harm"
    if any("status" in row.asks or "register" in row.asks for row in registrations):
        yield "a registration"
    told = [row.values.get("scores") for row in predictors]
    if any(row.asks for row in predictors) or any(one != told[0] for one in told[1:]):
        yield "the reoffending predictors"
