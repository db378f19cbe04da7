"""What the rules of responsibility ask, read off a person's records; the merge has chosen already.

What two places record differently is named, so that the ruling says it is provisional. Open
prisons are those of the public repository offender-management-allocation-manager
(`PrisonService`); which statuses are indeterminate, civil or immigration is by their band in
`imprisonment_statuses`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from casework.reference.reader import codes
from casework.rules.handover import current_review, early_allocation, is_parole_refused
from casework.rules.people import age_on, date_of_birth
from casework.rules.responsibility import (
    EarliestRelease,
    InputVersion,
    ResponsibilityInputs,
    earliest_release,
)
from casework.rules.rows import Row, day_of, is_closed, read_day

RowsByKind = Mapping[str, Sequence[Row]]

ADULT_YEARS: Final = 18
OPEN_PRISONS: Final = frozenset(
    ("HDI", "HBI", "HVI", "KMI", "KVI", "LYI", "NSI", "UPI", "SPI", "EHI", "SUI", "TCI", "FDI")
)
OPEN_WOMENS_CATEGORY: Final = "T"

INDETERMINATE_BAND: Final = "1"
CIVIL_BANDS: Final = frozenset({"9", "10"})
IMMIGRATION_STATUS: Final = "DET"
MAPPA_REGISTER: Final = "MAPP"

DATES: Final[Mapping[str, str]] = {
    "tariff_expires_on": "tariff_expiry",
    "target_hearing_on": "target_hearing",
    "parole_eligible_on": "parole_eligibility",
    "conditional_release_on": "conditional_release",
    "automatic_release_on": "automatic_release",
}


class Held(msgspec.Struct, frozen=True):
    """Which prison holds the person, where one does, and whether a recall is in force."""

    prison: str | None = None
    is_recalled: bool = False


def inputs_of(rows: RowsByKind, held: Held, day: date) -> ResponsibilityInputs:
    """The inputs as of a day, each with the version of the record it was read from.

    While two calculations of the dates stand, each its own row, the one that allows the earliest
    release is taken, so that nothing is handed over late, and is named as disputed.
    """
    sentences = [one for one in rows.get("sentence", ()) if not is_closed(one)]
    contents = [content_of(one) for one in sentences]
    dates = dates_for_handover(rows.get("key_dates", ()), day)
    calculated = content_of(dates)
    bands = {_band(str(one.get("imprisonment_status") or "")) for one in contents}
    days = _days_of(calculated)
    review = current_review(rows.get("parole", ()))
    if review is not None and review.values.get("target_hearing_on"):
        days["target_hearing_on"] = _day(review.values["target_hearing_on"])
    begun = _day(calculated.get("sentence_start")) or _first(contents)
    early = early_allocation(
        rows.get("early_allocation", ()), release_days=days.values(), sentenced_on=begun
    )
    read = [*sentences, dates, review, early, *rows.get("registration", ())]
    asked = ResponsibilityInputs(
        is_adult=_is_adult(rows, day),
        is_sentenced=bool(sentences) or bool(calculated),
        is_civil=bool(bands) and bands <= CIVIL_BANDS,
        is_recalled=held.is_recalled,
        is_immigration_case=any(
            one.get("imprisonment_status") == IMMIGRATION_STATUS for one in contents
        ),
        is_indeterminate=bool(calculated.get("is_indeterminate")) or INDETERMINATE_BAND in bands,
        has_additional_indeterminate=_has_additional(contents),
        is_early_allocated=early is not None,
        is_parole_refused=is_parole_refused(rows.get("parole", ())),
        mappa_level=mappa_level(rows.get("registration", ())),
        sentenced_on=begun,
        disputed=tuple(_disputed(one for one in read if one is not None)),
        versions=tuple(_version(one) for one in read if one is not None),
    )
    return msgspec.structs.replace(asked, **days, **_open_conditions(rows, held))


def dates_for_handover(calculations: Iterable[Row], day: date) -> Row | None:
    """Of the calculations that stand, the one that allows the earliest release, else the first."""
    found = list(calculations)
    allowed = {at: earliest.on for at, row in enumerate(found) if (earliest := _earliest(row, day))}
    return found[min(allowed, key=lambda at: (allowed[at], at), default=0)] if found else None


def content_of(row: Row | None) -> Mapping[str, Any]:
    """What a field of whole versions shows; nothing where there is none, or none to be read."""
    shown = row.values.get("version") if row is not None else None
    content = shown.get("content") if isinstance(shown, Mapping) else None
    return content if isinstance(content, Mapping) else {}


def mappa_level(registrations: Iterable[Row]) -> int | None:
    """The highest level at which agencies meet about the person; None where none is recorded."""
    levels = [
        str(one.values.get("mappa_level") or "")
        for one in registrations
        if not is_closed(one) and one.values.get("register") == MAPPA_REGISTER
    ]
    known = [int(level[-1]) for level in levels if level[-1:].isdecimal()]
    return max(known, default=None)


def _earliest(row: Row, day: date) -> EarliestRelease | None:
    content = content_of(row)
    asked = ResponsibilityInputs(is_indeterminate=bool(content.get("is_indeterminate")))
    return earliest_release(msgspec.structs.replace(asked, **_days_of(content)), day)


def _days_of(content: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: _day(content.get(key)) for name, key in DATES.items()}


def _is_adult(rows: RowsByKind, day: date) -> bool:
    """Whether the person is 18; somebody whose date of birth is not known is."""
    person = next(iter(rows.get("person", ())), None)
    born = date_of_birth(person)
    age = age_on(born, day.isoformat()) if born is not None else None
    return age is None or age >= ADULT_YEARS


def _has_additional(contents: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an indeterminate sentence is to be served after another."""
    return any(
        one.get("served_after") is not None
        and _band(str(one.get("imprisonment_status") or "")) == INDETERMINATE_BAND
        for one in contents
    )


def _open_conditions(rows: RowsByKind, held: Held) -> dict[str, Any]:
    """Whether the prison is open to the person, and since when they are there."""
    prison = codes("establishments").get(held.prison or "")
    risk = next(iter(rows.get("risk", ())), None)
    category = risk.values.get("security_category") if risk is not None else None
    if prison is None:
        return {}
    is_womens = prison.columns.get("gender") == "female"
    is_open = category == OPEN_WOMENS_CATEGORY if is_womens else prison.code in OPEN_PRISONS
    arrived = _arrived(rows.get("movement", ()), prison.code) if is_open else None
    return {"is_open": is_open, "is_womens_estate": is_womens, "arrived_open_on": arrived}


def _arrived(movements: Iterable[Row], prison: str) -> date | None:
    """The day of the last admission to a prison; a return from court is none."""
    moments = [
        int(one.values["occurred_at"])
        for one in movements
        if not is_closed(one)
        and one.values.get("type") == "ADM"
        and one.values.get("to_place") == prison
        and isinstance(one.values.get("occurred_at"), int)
    ]
    return date.fromisoformat(day_of(max(moments))) if moments else None


def _disputed(read: Iterable[Row]) -> Iterable[str]:
    words = {
        "sentence": "the sentence",
        "key_dates": "the release dates",
        "parole": "the parole review",
        "early_allocation": "the decision on early allocation",
        "registration": "the level of MAPPA",
    }
    return sorted({words[one.key.kind] for one in read if one.asks})


def _version(row: Row) -> InputVersion:
    """Which version of a record was read: the calculation's number, else what it shows."""
    content = content_of(row)
    number = content.get("calculation_version") or content.get("sentenced_on") or ""
    return InputVersion(row.key.kind, row.key.record.hex(), str(number))


def _band(status: str) -> str:
    known = codes("imprisonment_statuses").get(status)
    return known.belongs_to if known is not None else ""


def _first(contents: Iterable[Mapping[str, Any]]) -> date | None:
    days = [day for one in contents if (day := _day(one.get("sentenced_on"))) is not None]
    return min(days, default=None)


def _day(told: Any) -> date | None:
    return read_day(str(told)) if told is not None else None
