"""What one reply reaches: ops found in the hub's log without their bytes, within the reply's room.

Most of what is looked at is sent as numbers alone, so bytes are read once it is known what goes.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from sync_protocol.cursor import Cursor
from sync_protocol.departure import KeyBack
from sync_protocol.ids import LifeId, OpId
from sync_protocol.io.scope_rows import DueStep
from sync_protocol.limits import REPLY_BYTES_AIM, REQUEST_OPS_MAX
from sync_protocol.snapshot import Snapshot

NO_LIFE: Final = 0
"""Of an op of the sender's own that it cannot open: it is sent in full, as others' are."""
COLUMNS: Final = (
    "o.op_no, o.op_id, o.life_no, o.seq, o.hub_seq, o.flags, coalesce(o.reason, ''),"
    " length(o.opening) + coalesce(length(o.body), 0)"
)


class Found(msgspec.Struct, frozen=True, gc=False):
    """An op of the log without its bytes."""

    op_no: int
    op_id: OpId
    life_no: int
    seq: int
    hub_seq: int
    flags: int
    reason: str
    size: int


class Reach(msgspec.Struct):
    """What a reply has gathered so far, over all the subjects that it speaks of."""

    cursor: Cursor
    room: int
    epoch: int
    """The scope that the spoke had when it asked: of who enters now the snapshot says all."""
    present: int | None = None
    """The sender's present life, of whose ops no bytes go back."""
    life: LifeId | None = None
    steps: list[DueStep] = msgspec.field(default_factory=list)
    snapshots: list[Snapshot] = msgspec.field(default_factory=list)
    found: list[Found] = msgspec.field(default_factory=list)
    more: bool = False
    room_own: int = REQUEST_OPS_MAX
    size: int = 0
    bytes_aim: int = REPLY_BYTES_AIM
    keys: list[KeyBack] = msgspec.field(default_factory=list)

    def told(self, number: int) -> None:
        """All steps up to this number are in the reply, or need not be."""
        if number > self.cursor.scope_epoch:
            self.cursor = msgspec.structs.replace(self.cursor, scope_epoch=number)

    def take(self, found: Iterable[Found]) -> bool:
        """Take as many as still fit by count and by bytes, at least one a reply; whether all did.

        INV-14: else many subjects together would make a reply too large to send.
        """
        for one in found:
            if not self.has_room(1, one.size, is_own=one.life_no == self.present):
                return False
            if one.life_no == self.present:
                self.room_own -= 1
            else:
                self.room -= 1
                self.size += one.size
            self.found.append(one)
        return True

    def has_room(self, ops: int, size: int, *, is_own: bool = False) -> bool:
        """Whether so many more ops of that size fit; of the sender's own only numbers go."""
        if is_own:
            return self.room_own >= ops
        return self.room >= ops and not (self.size and self.size + size > self.bytes_aim)
