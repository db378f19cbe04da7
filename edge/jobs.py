"""What an office's node does every so often: which functions and how often, and no logic."""

from collections.abc import Callable

from casework.access.heard import Heard
from casework.desk.attention import keep_due
from casework.desk.backups import Keeping, back_up, remove_old
from casework.desk.browsing import note_followed, note_unusual
from casework.desk.desk import Desk
from casework.desk.due import Job
from edge.services.departures import purge_due
from sync_protocol.io.audit_exchange import AuditSender
from sync_protocol.io.local_check import mend_sample

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CHECKED_AT_ONCE = 50
"""Files that are checked against the log in an hour: about a thousand a day."""
PURGE_EVERY_MS = 60 * MINUTE_MS
DUE_EVERY_MS = 10 * MINUTE_MS
"""So soon after midnight, when all of it may be another, nobody waits for the list of the day."""
HEARD_EVERY_MS = 5 * MINUTE_MS
CERTIFICATE_EVERY_MS = 6 * HOUR_MS


def edge_jobs(
    keeping: Keeping,
    desk: Desk,
    sender: AuditSender,
    *,
    backup_every_minutes: int,
    heard: Heard | None = None,
    renew: Callable[[], None] | None = None,
) -> tuple[Job, ...]:
    """The jobs, for the schedule to run.

    With `heard`, how long the centre is silent is kept; `renew` keeps the certificate new.
    """

    def take_backup() -> None:
        back_up(keeping)
        # Whoever has left since is in the old ones. The centre, which holds everybody, keeps them.
        remove_old(keeping)

    def check_sample() -> None:
        mend_sample(keeping.store, CHECKED_AT_ONCE)

    def purge() -> None:
        purge_due(keeping.store)

    def work_out_due() -> None:
        keep_due(desk)

    def let_go_of_audit() -> None:
        sender.let_go_of_old()

    def look_for_unusual() -> None:
        note_unusual(desk)

    def look_for_followed() -> None:
        note_followed(desk)

    return (
        Job("backup", backup_every_minutes * MINUTE_MS, take_backup),
        Job("check", HOUR_MS, check_sample),
        Job("purge", PURGE_EVERY_MS, purge),
        Job("due", DUE_EVERY_MS, work_out_due),
        Job("audit", 24 * HOUR_MS, let_go_of_audit),
        Job("unusual", HOUR_MS, look_for_unusual),
        Job("followed", 24 * HOUR_MS, look_for_followed),
        *(() if heard is None else (Job("heard", HEARD_EVERY_MS, heard.note),)),
        *(() if renew is None else (Job("certificate", CERTIFICATE_EVERY_MS, renew),)),
    )
