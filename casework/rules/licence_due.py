"""What must be done about the licence before a release, and by when.

A licence is approved before the hard stop, two working days before release; from then on the prison
makes a minimum licence (create-and-vary-a-licence-api). Where two calculations of the dates
compete, the earlier release plans the licence.
Not confirmed against the text: that a licence is begun twelve weeks before release.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from casework.rules.due import Due
from casework.rules.hard_stop import earliest_release_day, hard_stop
from casework.rules.licences import ENDED, RECALLED, read_version
from casework.rules.rows import Finding, Row, read_day
from casework.rules.spoken import day_words
from sync_protocol.ids import SubjectId
from sync_protocol.policy import Severity

BEGIN_TIME: Final = timedelta(weeks=12)
NOT_STARTED: Final = "NOT_STARTED"
VARIATION: Final = "VARIATION"


def licence_due(
    licences: Iterable[Row],
    release_day: date | None,
    *,
    day: date,
    owner: str | None,
    is_on_curfew: bool = False,
) -> tuple[Due, ...]:
    """The licence to be begun or approved for a release to come; nothing where none is near.

    `is_on_curfew` where the release is one on curfew, which is never brought forward.
    """
    if release_day is None or release_day < day or release_day - BEGIN_TIME > day:
        return ()
    stop = hard_stop(release_day)
    coming = _for_release(licences, day)
    if any(_is_approved(row) for row in coming):
        return ()
    begun = [row for row in coming if row.values.get("status") != NOT_STARTED]
    if not begun:
        words = f"Begin the licence for the release on {day_words(stop.release_on)}."
        due_on = stop.release_on - BEGIN_TIME
        return (Due("licence_not_started", words, due_on.isoformat(), owner, "S2", "licence"),)
    words = (
        f"Have the licence for the release on {day_words(stop.release_on)} approved by "
        f"{day_words(stop.hard_stop_on)}; after that the prison makes a minimum licence."
    )
    earliest = None if is_on_curfew else earliest_release_day(release_day)
    if earliest is not None:
        words += f" Where early release is directed, the person may go from {day_words(earliest)}."
    severity: Severity = "S2" if day >= stop.warning_on else "S3"
    record = begun[0].key.record.hex()
    due_on = stop.hard_stop_on
    return (
        Due("licence_hard_stop", words, due_on.isoformat(), owner, severity, "licence", record),
    )


def licence_findings(
    licences: Iterable[Row], release_day: date | None, *, day: date, person: SubjectId | None
) -> tuple[Finding, ...]:
    """Whether the hard stop of a release to come has passed with no licence approved."""
    if release_day is None or release_day < day:
        return ()
    stop = hard_stop(release_day)
    if day < stop.hard_stop_on or any(map(_is_approved, _for_release(licences, day))):
        return ()
    words = (
        f"The hard stop for the release on {day_words(stop.release_on)} was on "
        f"{day_words(stop.hard_stop_on)}, and no licence is approved: the prison makes a minimum "
        "licence."
    )
    about = () if person is None else (person,)
    return (Finding("hard_stop_passed", "S1", words, about),)


def _for_release(licences: Iterable[Row], day: date) -> list[Row]:
    """The licences made for a release to come, in one order; those of an earlier one have begun."""
    coming = [
        row
        for row in licences
        if row.values.get("status") not in {*ENDED, RECALLED}
        if row.values.get("licence_kind") != VARIATION
        if not row.values.get("version") or _is_to_come(read_day(read_version(row).starts_on), day)
    ]
    return sorted(coming, key=lambda row: row.key.record)


def _is_to_come(starts: date | None, day: date) -> bool:
    """Whether a licence begins on a day or later; one whose first day cannot be read does not."""
    return starts is not None and starts >= day


def _is_approved(row: Row) -> bool:
    version = read_version(row)
    return version.is_approved and version.is_certain
