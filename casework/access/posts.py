"""Who works at this node's place, as the centre says: read at each use, so what arrived counts now.

Only what the centre itself wrote is believed: a record of the kind that any other node wrote last
lets nobody in. Where the centre has named anybody for a place, whoever it has not named stays out,
but for the administrators whose accounts were opened on the node's own computer. What an office was
told is old once the centre has not been heard for three days, which every page then says. It lets
staff in all the same: once the office's lease has lapsed as well, they can only record.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

import msgspec

from casework.access.caller import ROLES, Role
from casework.access.heard import Heard
from casework.access.local import LocalReading
from casework.records.files import place_subject
from casework.records.post import FirstCode, OnlineName
from casework.rules.rows import LONDON, day_of, read_day
from sync_protocol.clock import Hlc, hlc_ms
from sync_protocol.ids import ActorId, NodeId

_DAY_MS: Final = 24 * 60 * 60_000
OLD_AFTER_MS: Final = 3 * _DAY_MS

_COLUMNS: Final = (
    "staff, user_name, display_name, role, team, status, began_on, ended_on, valid_until,"
    " first_code, unlocked_ms, node, last_written, online"
)
_SQL: Final = f"SELECT {_COLUMNS} FROM post WHERE subject = ?"  # noqa: S608 - constants alone.
_SQL_OF: Final = f"{_SQL} AND staff = ?"
_ANY: Final = "SELECT 1 FROM post WHERE subject = ? AND node = ? LIMIT 1"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One member of staff of a place, as the centre last said."""

    staff: ActorId
    user_name: str
    display_name: str
    role: Role | None
    """None where this release does not know it: nobody signs in by it."""
    team: str
    is_open: bool
    began_on: str
    ended_on: str
    valid_until: str
    first_code: FirstCode | None
    unlocked_ms: int
    written_ms: int
    """When the centre last wrote it: of a closed one, when it was closed."""
    ended_ms: int
    """When it ended; nought while it is open."""
    online: OnlineName | None = None
    """Who they are at the organisation's sign-in service, where the centre has said so."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    staff: str
    user_name: str
    display_name: str
    role: str
    team: str | None
    status: str
    began_on: str | None
    ended_on: str | None
    valid_until: str | None
    first_code: str | None
    unlocked_ms: int | None
    node: bytes
    last_written: int
    online: str | None


class Standing(msgspec.Struct, frozen=True):
    """In which role somebody may work here now, and by which name."""

    role: Role
    display_name: str


class Posts:
    """The posts of one place, as its node knows them."""

    def __init__(
        self,
        code: str,
        centre: NodeId,
        now_ms: Callable[[], int],
        *,
        heard: Heard | None = None,
    ) -> None:
        """Those of the place with this code that `centre` wrote, as far as they are `heard` of."""
        self.heard = heard
        self.code = code
        self._subject = place_subject(code)
        self._centre = centre
        self._now_ms = now_ms

    def all_in(self, reading: LocalReading) -> list[Post]:
        """Every post of the place, open or closed, by user name."""
        return posts_in(reading, self._subject, self._centre, day_of(self._now_ms()))

    def of(self, reading: LocalReading, staff: ActorId) -> Post | None:
        """The post of a member of staff, None where they have none here."""
        found = posts_in(reading, self._subject, self._centre, day_of(self._now_ms()), staff)
        return found[0] if found else None

    def named_online(self, reading: LocalReading, name: OnlineName) -> ActorId | None:
        """Whom the centre has bound to this name; None where it is nobody, or more than one."""
        found = {one.staff for one in self.all_in(reading) if one.online == name}
        return found.pop() if len(found) == 1 else None

    def standing(self, reading: LocalReading, staff: ActorId, local: Standing) -> Standing | None:
        """As what somebody with a `local` account may work here now; None where they may not."""
        own = self.of(reading, staff)
        is_outside = own is None and local.role != "administrator"
        return standing_by(own, local, has_posts=is_outside and self.has_any(reading))

    def has_any(self, reading: LocalReading) -> bool:
        """Whether the centre has named anybody here: then it alone says who works here."""
        return bool(reading.select(_ANY, (self._subject, self._centre)))

    def is_old(self) -> bool:
        """Whether what the centre said may be out of date, so that every page says so."""
        return self.heard is not None and self.heard.silent_ms() >= OLD_AFTER_MS


def standing_by(own: Post | None, local: Standing, *, has_posts: bool) -> Standing | None:
    """As what somebody may work where the centre has named anybody (`has_posts`) or nobody."""
    if own is not None:
        return Standing(own.role, own.display_name) if own.is_open and own.role else None
    return local if local.role == "administrator" or not has_posts else None


def posts_in(
    reading: LocalReading, subject: bytes, centre: NodeId, day: str, staff: ActorId | None = None
) -> list[Post]:
    """The posts of a place that the centre wrote, as of a day, by user name; or one member's."""
    asked = (subject,) if staff is None else (subject, staff.hex())
    sql = _SQL if staff is None else _SQL_OF
    rows = [msgspec.convert(row, _Stored) for row in reading.select(sql, asked)]
    found = [_post(row, day) for row in rows if row.node == centre]
    return sorted(found, key=lambda one: (one.user_name.casefold(), one.staff))


def _post(row: _Stored, day: str) -> Post:
    is_over = bool(row.valid_until) and str(row.valid_until) < day
    is_open = row.status == "open" and not is_over
    written_ms = hlc_ms(Hlc(row.last_written))
    after_ms = max(written_ms, _after(row.valid_until or ""))
    code = msgspec.json.decode(row.first_code, type=FirstCode) if row.first_code else None
    return Post(
        staff=ActorId(bytes.fromhex(row.staff)),
        user_name=row.user_name,
        display_name=row.display_name,
        role=next((one for one in ROLES if one == row.role), None),
        team=row.team or "",
        is_open=is_open,
        began_on=row.began_on or "",
        ended_on=row.ended_on or "",
        valid_until=row.valid_until or "",
        first_code=code,
        unlocked_ms=row.unlocked_ms or 0,
        written_ms=written_ms,
        online=msgspec.json.decode(row.online, type=OnlineName) if row.online else None,
        ended_ms=0 if is_open else written_ms if row.status != "open" else after_ms,
    )


def _after(day: str) -> int:
    """The moment at which a day is over, in London."""
    last = read_day(day)
    if last is None:
        return 0
    first = datetime.combine(last + timedelta(days=1), time(), LONDON)
    return int(first.timestamp() * 1000)
