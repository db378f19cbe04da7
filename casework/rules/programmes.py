"""Accredited programmes: which statuses are open, on hold or closed, and what needs a look.

Source: the statuses and the 28 transitions of hmpps-accredited-programmes-api, as the lists
`accredited_programme_referral_statuses` and `accredited_programme_transitions` publish them. Where
two steps stand unseen by each other a hold is shown before progress, and a status that closes only
where it saw the last open one: the order is declared beside the field.
"""

from typing import Final

from casework.records.programme import CLOSED_STATES, HOLD, PROGRAMME_STATES, STATUSES
from casework.reference.reader import codes, describe, rows
from casework.rules.rows import Finding, Row

ON_PROGRAMME: Final = "ON_PROGRAMME"
TRANSITIONS: Final = "accredited_programme_transitions"
ILLEGAL: Final = "illegal_transition"


def status_of(row: Row) -> str:
    """The status of a programme as shown; one of a newer release as it came."""
    return str(row.values.get("status"))


def status_words(status: str) -> str:
    """The status as staff say it."""
    return describe(STATUSES, status)


def programme_words(row: Row) -> str:
    """The programme by its name."""
    return describe("accredited_programmes", str(row.values.get("programme")))


def is_open(row: Row) -> bool:
    """Whether something is still to come of it; an illegal step closes nothing by itself."""
    return status_of(row) not in CLOSED_STATES or row.asks.get("status") == ILLEGAL


def is_on_hold(row: Row) -> bool:
    """Whether it waits."""
    return status_of(row).startswith(HOLD)


def ways_on(status: str, *, for_offender_manager: bool) -> tuple[str, ...]:
    """The statuses that may follow, for the prison offender manager or for the programme team."""
    column = "pom" if for_offender_manager else "programme_team"
    return tuple(
        row["to_status"]
        for row in rows(TRANSITIONS)
        if row["from_status"] == status and row[column] == "true"
    )


def programme_findings(row: Row) -> tuple[Finding, ...]:
    """What of a programme a person must settle, in plain words."""
    why = row.asks.get("status")
    if why is None:
        return ()
    name, status = programme_words(row), status_words(status_of(row))
    if why == ILLEGAL:
        words = (
            f"{name}: a step was recorded that does not follow from the status before it. It is "
            f"held, and {status} is shown, until somebody settles it."
        )
        return (Finding("programme_step_illegal", "S2", words, row.key.subjects),)
    words = f"{name}: two offices recorded different steps, neither knowing of the other. "
    words += _shown_because(row, status)
    return (Finding("programme_diverged", "S2", words, row.key.subjects),)


def _shown_because(row: Row, status: str) -> str:
    if is_on_hold(row):
        return f"{status} is shown, since a hold is safer, until somebody settles it."
    return f"{status} is shown, and it stays open, until somebody settles it."


assert set(PROGRAMME_STATES) <= set(codes(STATUSES)), "a shown status has a name"
