"""Who may not open a record, from the restrictions that stand on it.

After the limited-access rules of probation: an exclusion denies those it lists, a restriction
admits only those it lists. Both fail closed: deny beats allow, an officer taken off an allow-list
stays off whoever else adds them, and what this release cannot read refuses. A restriction is on the
person: it closes every record that a standing link says is of the same person, contested or not.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.links import Group
from casework.rules.rows import Row, gathered, is_closed, read_day
from sync_protocol.ids import ActorId, SubjectId


def refused_files(rows: Iterable[Row], staff: ActorId, day: str) -> frozenset[SubjectId]:
    """The restricted files whose restrictions refuse an officer on a day.

    Their people are those whose `file_subject(person, "restricted")` is among them.
    """
    return frozenset(row.key.subjects[0] for row in rows if refuses(row, staff, day))


def with_links(
    refused: frozenset[SubjectId], groups: Mapping[SubjectId, Group]
) -> frozenset[SubjectId]:
    """The same files and those of every record that is linked with one of them."""
    linked = {
        file_subject(member, RESTRICTED_FILE)
        for group in set(groups.values())
        if any(file_subject(one, RESTRICTED_FILE) in refused for one in group.members)
        for member in group.members
    }
    return refused | linked


def refuses(row: Row, staff: ActorId, day: str) -> bool:
    """Whether one restriction is in force on a day and refuses an officer."""
    if not is_in_force(row, day):
        return False
    listed = gathered(row, "people")
    if any(not isinstance(one, Mapping) for one in listed):
        return True
    said = [one for one in listed if one.get("staff_id") == staff.hex()]
    is_listed = any(one.get("is_listed", True) for one in said)
    is_taken_off = any(not one.get("is_listed", True) for one in said)
    if row.values.get("mode") == "excluded":
        return is_listed
    return is_taken_off or not is_listed


def is_in_force(row: Row, day: str) -> bool:
    """Whether a restriction stands, has begun and is not over; its last day counts."""
    if is_closed(row):
        return False
    today = date.fromisoformat(day)
    start = read_day(str(row.values.get("start", "")))
    end = read_day(str(row.values.get("end", "")))
    # A day that cannot be read has come, where it begins one, and never where it ends one.
    return (start is None or start <= today) and (end is None or today <= end)


def messages(rows: Iterable[Row], staff: ActorId, day: str) -> tuple[str, ...]:
    """What a refused officer is to read, once each."""
    refusing = [row for row in rows if refuses(row, staff, day)]
    # A form of a later release may say more than its message: only plain text is shown.
    texts = [text for row in refusing for text in gathered(row, "message") if isinstance(text, str)]
    return tuple(dict.fromkeys(texts))
