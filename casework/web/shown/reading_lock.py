"""The lease of an office in words: how long is left, why nothing can be read, what may be done."""

from typing import Final

from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.reading_lock import DAY_MS, tenure
from casework.web.views import Banner, Link
from casework.web.words import counted, day
from sync_protocol.lease import Why

PAGE: Final = "/locked"
WHY: Final[dict[Why, tuple[str, ...]]] = {
    "lapsed": (
        "This office's computer has not spoken with the centre for too long.",
        "So that nobody can read a computer that was stolen, what it holds is locked until it has.",
    ),
    "locked": (
        "The centre has locked this office's computer.",
        "What is recorded here now is looked at by two people at the centre before it counts.",
    ),
}
STILL: Final = (
    (
        "You can go on recording: a note, an alert, an incident, or monitoring of self-harm, of a "
        "person whose number you have. Nothing of it is lost."
    ),
    "Call the centre if you must know something about somebody now.",
)
UNLOCKS: Final = "As soon as the line to the centre is up, everything can be read again by itself."
ASK_CENTRE: Final = "Call the centre: it alone can unlock this computer."


def lock_banners(desk: Desk, _caller: Caller, path: str) -> tuple[Banner, ...]:
    """What every page of an office says while its time to read runs short, or is over."""
    told = tenure(desk)
    link = Link("What you can still do", PAGE)
    if told.why_locked:
        if path.startswith(PAGE):
            return ()
        return (Banner("Nothing can be read here now", WHY[told.why_locked][:1], "grave", (link,)),)
    if not told.is_short or told.left_ms is None:
        return ()
    days = max(1, told.left_ms // DAY_MS)
    ends = day(desk.now_ms() + told.left_ms)
    lines = (
        f"Unless this office's computer speaks with the centre, records lock on {ends}.",
        "Tell those who run it that the line has been down for too long.",
    )
    return (Banner(f"Records can be read here for {counted(days, 'more day')}", lines, "warn"),)


def lock_lines(why: Why) -> tuple[str, ...]:
    """Why nothing can be read, and what may be done."""
    if not why:
        return ("Nothing is locked here now.",)
    return (*WHY[why], UNLOCKS if why == "lapsed" else ASK_CENTRE, *STILL)
