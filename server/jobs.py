"""What the centre does every so often: which functions and how often, and no logic."""

from collections.abc import Callable

from casework.desk.backups import Keeping, back_up
from casework.desk.browsing import note_followed, note_unusual
from casework.desk.desk import Desk
from casework.desk.due import Job
from server.services.scope import end_what_is_over
from sync_protocol.io.local_check import mend_sample

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CHECKED_AT_ONCE = 50
"""Files that are checked against the log in an hour: about a thousand a day."""
SCOPE_EVERY_MS = 60 * MINUTE_MS
CERTIFICATE_EVERY_MS = 6 * HOUR_MS


def hub_jobs(
    keeping: Keeping,
    desk: Desk,
    *,
    backup_every_minutes: int,
    renew: Callable[[], None] | None = None,
) -> tuple[Job, ...]:
    """The jobs, for the schedule to run; `renew` keeps the centre's own certificate new."""

    def take_backup() -> None:
        back_up(keeping)

    def check_sample() -> None:
        mend_sample(keeping.store, CHECKED_AT_ONCE)

    def end_reasons() -> None:
        end_what_is_over(keeping.store)

    def look_for_unusual() -> None:
        note_unusual(desk)

    def look_for_followed() -> None:
        note_followed(desk)

    return (
        Job("backup", backup_every_minutes * MINUTE_MS, take_backup),
        Job("check", HOUR_MS, check_sample),
        Job("scope", SCOPE_EVERY_MS, end_reasons),
        Job("unusual", HOUR_MS, look_for_unusual),
        Job("followed", 24 * HOUR_MS, look_for_followed),
        *(() if renew is None else (Job("certificate", CERTIFICATE_EVERY_MS, renew),)),
    )
