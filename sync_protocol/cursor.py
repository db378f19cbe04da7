"""How far a spoke has received of the hub's log; meaningless without the hub's incarnation.

A cursor and the ops that it admits to are committed together, always (INV-02).
"""

from typing import Annotated

import msgspec

from sync_protocol.ids import A_COUNT, A_HASH, AN_ID, IncarnationId

NO_INCARNATION = IncarnationId(bytes(16))


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in the hub's log, as told to one spoke.

    `scope_epoch` is the last scope change taken in whole; `hub_seq` the last number scanned for
    the subjects of that epoch; `backfill_seq` is no longer used; `noticed_seq` the last safety op
    sent ahead of its turn; `commit` the hub's name of the last commit that it answered from, by
    which a hub that was rolled back in silence is found, however far its log has grown again. How
    far an arrival has come is the spoke's to say (`snapshot.Want`). `elsewhere` is the hash of who,
    as the spoke was told, has not let go of its subjects.
    """

    incarnation: Annotated[IncarnationId, AN_ID] = NO_INCARNATION
    scope_epoch: Annotated[int, A_COUNT] = 0
    hub_seq: Annotated[int, A_COUNT] = 0
    backfill_seq: Annotated[int, A_COUNT] = 0
    noticed_seq: Annotated[int, A_COUNT] = 0
    commit: Annotated[bytes, A_HASH] = b""
    elsewhere: Annotated[bytes, A_HASH] = b""


START = Cursor()
