"""What an adjudication came to, and the days it adds.

The Prison Rules 1999, rule 55 as it was made: at most 42 additional days, also where the charges of
one incident are several; whether two charges are of one incident is not recorded. States are those
of the public repository hmpps-manage-adjudications-api (`ReportedAdjudicationStatus`). Where two
places reached different findings unseen by each other, neither adds a day, and of two awards of
days for one charge the fewer count: liberty is not lost by a machine's choice.
Not confirmed against the text: that charges are those of rule 51, and that since 2002 an
adjudicator alone adds days, by rule 55A and still at most 42.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from casework.reference.reader import describe
from casework.rules.rows import Finding, Row, gathered_structs
from sync_protocol.ids import RecordId

PROVED: Final = "CHARGE_PROVED"
ADDITIONAL_DAYS: Final = "ADDITIONAL_DAYS"
ADDITIONAL_DAYS_MAX: Final = 42


class Adjudged(msgspec.Struct, frozen=True):
    """One charge: how far it is, and what was awarded where it counts."""

    record: RecordId
    charge: str
    state: str
    is_disputed: bool
    awards: tuple[Mapping[str, Any], ...]
    """Each award once, however many offices recorded it."""
    added_days: int
    """Additional days in force: none while suspended, disputed, or not proved; of two the fewer."""
    has_two_awards_of_days: bool


def adjudged(row: Row) -> Adjudged:
    """What one adjudication came to."""
    is_disputed = "progress" in row.asks
    awards = _each_once(gathered_structs(row, "awards"))
    counts = row.values.get("progress") == PROVED and not is_disputed
    days = [added for award in awards if (added := _days_added(award))]
    return Adjudged(
        record=row.key.record,
        charge=str(row.values.get("charge", "")),
        state=str(row.values.get("progress", "")),
        is_disputed=is_disputed,
        awards=awards,
        added_days=min(days, default=0) if counts else 0,
        has_two_awards_of_days=len(days) > 1,
    )


def adjudication_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """Findings that differ, and more additional days for one charge than the rules allow."""
    found = []
    for one in map(adjudged, sorted(rows, key=lambda row: row.key.record)):
        charge = describe("prison_rule_charges", one.charge)
        if one.is_disputed:
            words = (
                f"Two places recorded different outcomes of the charge {charge}, unseen by each "
                "other. It adds no days until somebody settles which holds."
            )
            found.append(Finding("adjudication_disputed", "S1", words))
        if one.has_two_awards_of_days and not one.is_disputed:
            words = (
                f"Two awards of additional days are recorded for the charge {charge}. The fewer "
                f"days count, {one.added_days}, until somebody corrects the other."
            )
            found.append(Finding("additional_days_twice", "S1", words))
        if one.added_days > ADDITIONAL_DAYS_MAX:
            words = (
                f"{one.added_days} additional days are recorded for the charge {charge}. The rules "
                f"allow at most {ADDITIONAL_DAYS_MAX} for one charge."
            )
            found.append(Finding("too_many_additional_days", "S1", words))
    return tuple(found)


def _each_once(awards: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    once: dict[str, Mapping[str, Any]] = {}
    for award in awards:
        named = sorted((key, str(value)) for key, value in award.items() if value is not None)
        once.setdefault(str(named), award)
    return tuple(once[key] for key in sorted(once))


def _days_added(award: Mapping[str, Any]) -> int:
    is_added = award.get("punishment") == ADDITIONAL_DAYS and not award.get("suspended_until")
    days = award.get("days")
    return days if is_added and isinstance(days, int) else 0
