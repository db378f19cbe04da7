"""The key worker, of whom the later one named counts, and whoever was named apart must be told."""

from collections.abc import Iterable

from casework.rules.responsible import Naming, unreplaced
from casework.rules.rows import Finding
from casework.rules.spoken import listed_words
from sync_protocol.ids import SubjectId


def key_worker_findings(
    namings: Iterable[Naming], person: SubjectId | None = None
) -> tuple[Finding, ...]:
    """Who was named unseen by whoever was named later, and has to hear of it.

    `namings` are every allocation that was written; the later one is the one shown.
    """
    known = {one.op_id: one for one in namings}
    standing = sorted(unreplaced(known, set(known)), key=lambda one: (one.hlc, one.op_id))
    if not standing:
        return ()
    *earlier, shown = [one.officer for one in standing]
    others = list(
        dict.fromkeys(one.staff_name for one in earlier if one.staff_id != shown.staff_id)
    )
    if not others:
        return ()
    named = listed_words([*others, shown.staff_name])
    words = (
        f"{named} were each named key worker, unseen by each other. {shown.staff_name}, named "
        f"last, is key worker: tell {listed_words(others)}."
    )
    return (Finding("key_worker_superseded", "S3", words, () if person is None else (person,)),)
