"""What the hub knows of each spoke from its exchanges: for the centre's page of nodes."""

from typing import Final

import msgspec

from sync_protocol.ids import NodeId
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.revoked import revoked_nodes
from sync_protocol.scope import Flag

LAG_SCANNED_MAX: Final = 20_000
"""INV-14: an office that was silent for a year is not counted op by op for a page."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub knows of a spoke.

    `cursor_lag_ops` counts the ops beyond its cursor that it is to be sent: of subjects that it may
    hold, by others, not parked. Where `is_lag_more`, they are only those of the log's next 20,000.
    What a subject that enters its scope brings with it is not among them. `is_forked` where the
    last life that it wrote in, or the one before, has two branches: a copy of it has written, too.
    """

    node: NodeId
    last_contact_ms: int
    waiting_ops: int
    oldest_waiting_ms: int
    cursor_lag_ops: int
    is_lag_more: bool
    digest_equal: bool | None
    digest_at_ms: int | None
    clock_drift_ms: int
    parked: int
    release: str
    is_forked: bool = False
    is_revoked: bool = False


def read_peers(connection: Connection) -> list[Peer]:
    """Each spoke that ever called."""
    parked: dict[bytes, int] = dict(
        connection.execute(
            "SELECT l.node, count(*) FROM ops o JOIN lives l USING(life_no)"
            " WHERE o.flags & 2 GROUP BY l.node"
        )
    )
    rows = connection.execute(
        "SELECT node, last_contact_ms, waiting_ops, oldest_waiting_ms, cursor_seq,"
        " digest_equal, digest_at_ms, clock_drift_ms, release FROM peers"
    )
    forked, revoked = _forked(connection), revoked_nodes(connection)
    peers = [_peer(connection, row, parked.get(row[0], 0)) for row in rows]
    return [
        msgspec.structs.replace(one, is_forked=one.node in forked, is_revoked=one.node in revoked)
        for one in peers
    ]


def _forked(connection: Connection) -> set[NodeId]:
    """INV-08: the nodes of whose newest two lives one has two branches."""
    rows = connection.execute(
        "SELECT DISTINCT l.node FROM lives l WHERE (SELECT count(*) FROM tips t WHERE t.life_no ="
        " l.life_no) > 1 AND (SELECT count(DISTINCT m.life_no) FROM lives m JOIN tips u"
        " USING(life_no) WHERE m.node = l.node AND m.life_no > l.life_no) < 2"
    )
    return {NodeId(row[0]) for row in rows}


def _peer(connection: Connection, row: Row, parked: int) -> Peer:
    node, contact, waiting, oldest, cursor_seq, equal, equal_at, drift_ms, release = row
    lag_ops, scanned = _lag(connection, node, cursor_seq)
    return Peer(
        node=NodeId(node),
        last_contact_ms=contact,
        waiting_ops=waiting,
        oldest_waiting_ms=oldest,
        cursor_lag_ops=lag_ops,
        is_lag_more=scanned == LAG_SCANNED_MAX,
        digest_equal=None if equal is None else bool(equal),
        digest_at_ms=equal_at,
        clock_drift_ms=drift_ms,
        parked=parked,
        release=release,
    )


def _lag(connection: Connection, node: bytes, cursor_seq: int) -> tuple[int, int]:
    """How many ops after its cursor a spoke is to be sent, and how many were looked at."""
    rows = connection.execute(
        "SELECT coalesce(sum(flags & :parked = 0"
        " AND life_no NOT IN (SELECT life_no FROM lives WHERE node = :node)"
        " AND EXISTS (SELECT 1 FROM grants g WHERE g.node = :node"
        " AND g.subject_no IN (o.subject_no, o.other_no))), 0), count(*)"
        " FROM (SELECT flags, life_no, subject_no, other_no FROM ops"
        " WHERE hub_seq > :after ORDER BY hub_seq LIMIT :most) o",
        {"node": node, "after": cursor_seq, "parked": Flag.PARKED, "most": LAG_SCANNED_MAX},
    )
    return int(rows[0][0]), int(rows[0][1])
