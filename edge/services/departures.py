"""What an office's node does by itself about whoever left."""

from sync_protocol.io.op_store import OpStore


def purge_due(store: OpStore) -> int:
    """Destroy what has been in escrow for longer than any backup is kept; of how many files.

    By this machine's clock and by the centre's: either may have jumped.
    """
    departures = store.spoke.departures
    with store.core.transaction():
        now_ms = min(store.core.parts.clock.now_ms(), departures.hub_ms)
        return departures.purge_due(now_ms)
