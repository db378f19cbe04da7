"""GET /events: the feed of changes as a batch of CloudEvents, held a while where there is none."""

from typing import Annotated, Final

from anyio import current_time, sleep, to_thread
from litestar import get
from litestar.params import QueryParameter

from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.feed import CURSOR_CHARACTERS_MAX, ENTRIES_MAX, START, Entry, Feed, read_feed
from casework.web.api.answers import Answer, GivenCaller, GivenDesk

BATCH: Final = "application/cloudevents-batch+json"
WAIT_S_MAX: Final = 30
LOOK_EVERY_S: Final = 0.25
WAITING_MAX: Final = 32
"""So many may wait at once; whoever else asks is answered at once."""
CURSOR_HEADER: Final = "throughcare-cursor"

Limit = Annotated[int, QueryParameter(ge=1, le=ENTRIES_MAX)]
After = Annotated[
    str,
    QueryParameter(
        max_length=CURSOR_CHARACTERS_MAX,
        description="The cursor of an entry or of an answer; without it, from the beginning.",
    ),
]
Wait = Annotated[
    int,
    QueryParameter(ge=0, le=WAIT_S_MAX, description="How long to wait for the first entry."),
]


class WaitingRoom:
    """Counts who waits, so that those who wait never take the place of those who work."""

    def __init__(self) -> None:
        """Empty."""
        self.waiting = 0


ROOM: Final = WaitingRoom()


@get("/events", media_type=f"{BATCH}; charset=utf-8")
async def read_changes(
    desk: GivenDesk,
    caller: GivenCaller,
    after: After = START,
    limit: Limit = ENTRIES_MAX,
    wait_s: Wait = 0,
) -> Answer[tuple[Entry, ...]]:
    """Changes behind `after`, in the order in which they came to this node, each told once.

    A batch of CloudEvents 1.0. Go on with the cursor of the last entry, or of the header
    `Throughcare-Cursor`, which is also behind what was passed over; it holds across restarts. An
    entry tells what changed of whom and never what was written: read the record for that.
    """
    feed = await _waited_for(desk, caller, (after, limit, wait_s))
    answer = Answer(feed.entries, media_type=f"{BATCH}; charset=utf-8")
    answer.headers[CURSOR_HEADER] = feed.cursor
    answer.headers["link"] = f'</api/v1/events?after={feed.cursor}&limit={limit}>; rel="next"'
    return answer


def _look(desk: Desk, caller: Caller, after: str, limit: int) -> Feed:
    return read_feed(desk, caller, after=after, limit=limit)


async def _waited_for(desk: Desk, caller: Caller, asked: tuple[str, int, int]) -> Feed:
    after, limit, wait_s = asked
    ends_at = current_time() + (wait_s if ROOM.waiting < WAITING_MAX else 0)
    ROOM.waiting += 1
    try:
        while True:
            feed = await to_thread.run_sync(_look, desk, caller, after, limit)
            if feed.entries or current_time() >= ends_at:
                return feed
            after = feed.cursor
            await sleep(LOOK_EVERY_S)
    finally:
        ROOM.waiting -= 1
