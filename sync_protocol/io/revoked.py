"""Which nodes are revoked now. Implements PROTOCOL.md, Revocation."""

from sync_protocol.ids import NodeId
from sync_protocol.io.connection import Connection


def revoked_nodes(connection: Connection) -> frozenset[NodeId]:
    """The nodes that are revoked now."""
    rows = connection.execute("SELECT node FROM revoked WHERE ended_ms IS NULL")
    return frozenset(NodeId(row[0]) for row in rows)
