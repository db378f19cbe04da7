"""What an office's node does by itself about whoever left."""

from sync_protocol.io.op_store import OpStore


def purge_due(store: OpStore) -> int:
    """Destroy what has been in escrow for longer than any backup is kept; of how many files."""
    with store.core.transaction():
        return store.spoke.departures.purge_due(store.core.parts.clock.now_ms())
