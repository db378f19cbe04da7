"""The state of an incident report, and why it may have to be looked at again.

States are those of the public repository hmpps-incident-reporting-api (`Status`). A report that
was closed by somebody who had not read what another wrote meanwhile is reopened by that.
"""

from collections.abc import Iterable
from typing import Final

from casework.reference.reader import describe
from casework.rules.rows import Finding, Row, is_closed
from casework.rules.spoken import clock_words

FINISHED: Final = frozenset({"CLOSED", "DUPLICATE", "NOT_REPORTABLE"})
REOPENED: Final = "REOPENED"


def incident_state(row: Row) -> str:
    """The status that counts: reopened where something new came that the close had not seen."""
    reached = str(row.values.get("progress", ""))
    return REOPENED if reached in FINISHED and not is_closed(row) else reached


def incident_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """The reports that new information reopened, and those on whose status two places differ."""
    ordered = sorted(rows, key=lambda row: row.key.record)
    found = [_reopened(row) for row in ordered if _was_reopened(row)]
    found += [_contested(row) for row in ordered if "progress" in row.asks]
    return tuple(found)


def _was_reopened(row: Row) -> bool:
    return incident_state(row) == REOPENED != row.values.get("progress")


def _reopened(row: Row) -> Finding:
    words = (
        f"New information about {_name(row)} came that whoever finished the report had not seen. "
        "The report is reopened."
    )
    return Finding("incident_reopened", "S2", words)


def _contested(row: Row) -> Finding:
    reached = describe("incident_statuses", incident_state(row)).lower()
    words = (
        f"Two places recorded different statuses of {_name(row)}, unseen by each other. It is "
        f"shown as {reached} until somebody settles it."
    )
    return Finding("incident_contested", "S2", words)


def _name(row: Row) -> str:
    family = describe("incident_type_families", str(row.values.get("family", "")))
    occurred = row.values.get("occurred_at")
    when = f" at {clock_words(occurred)}" if isinstance(occurred, int) else ""
    return f"the incident ({family}){when}"
