"""What the centre does every so often: which functions and how often, and no logic."""

from casework.desk.backups import Keeping, back_up
from casework.desk.due import Job

MINUTE_MS = 60_000


def hub_jobs(keeping: Keeping, *, backup_every_minutes: int) -> tuple[Job, ...]:
    """The jobs, for the schedule to run."""

    def take_backup() -> None:
        back_up(keeping)

    return (Job("backup", backup_every_minutes * MINUTE_MS, take_backup),)
