"""The wrong way to go on after a fork: what was not acknowledged is written anew."""

from sync_protocol.author import Act, Draft
from sync_protocol.errors import Refused
from sync_protocol.io.op_store import OpStore
from sync_protocol.op import Op
from sync_protocol.seal import Follows


def write_anew(store: OpStore, agreed: Follows | None) -> None:
    """Start a life that follows `agreed`, and write again what came after that point."""
    core = store.core
    life_no = core.log.life_no(core.parts.node, core.place().life)
    seq = agreed.seq if agreed is not None else 0
    waiting = core.log.select("life_no = ? AND seq > ? AND hub_seq IS NULL", (life_no, seq))
    orphans = [stored.read() for stored in list(waiting) if stored.record_no is not None]
    core.start_life(agreed)
    core.connection.execute("UPDATE lives SET received_seq = 1000000 WHERE life_no = ?", (life_no,))
    for op in orphans:
        _write(store, op)


def _write(store: OpStore, op: Op) -> None:
    header = op.header
    draft = Draft(
        kind=header.kind,
        subjects=header.subjects,
        record=header.record,
        values=op.values,
        happened_at=op.happened_at,
        on_purpose=True,
    )
    try:
        store.write(Act(actor=header.actor, device=header.device, drafts=(draft,)))
    except Refused:
        return
