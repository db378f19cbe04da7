"""The centre's pages in words: each office with last contact, backlog and digest; parked ops."""

from typing import Final

from casework.desk.desk import Desk, node_name
from casework.desk.status import PeerView
from casework.web.estate_views import NodeLine, NodesPage, ParkedLine
from casework.web.views import Figure, Link, Mark
from casework.web.words import MINUTE_MS, age, clock, counted, day, short_moment
from sync_protocol.io.history import HistoryEntry

SILENT_AFTER_MS: Final = 2 * MINUTE_MS
"""An office that asked for nothing for so long is shown as not in contact."""

PARKED_BECAUSE: Final = {
    "not_entitled": "That office was not known to hold this person when it wrote",
    "misplaced": "It was written by another office than the one that sent it",
    "revoked": "It came after that office's computer was revoked, and waits for two people",
    "change_set": "Another change that was made together with it does not count",
    "unreadable": "It can't be read by this release",
}


def nodes_page(peers: tuple[PeerView, ...], conflicts: int, now_ms: int) -> NodesPage:
    """Every office, the silent ones first."""
    ordered = sorted(peers, key=lambda peer: (peer.last_contact_ms or 0, peer.name))
    silent = silent_of(peers, now_ms)
    return NodesPage(
        as_known=f"As known at the centre at {clock(now_ms)} on {day(now_ms)}.",
        figures=(
            Figure("In contact", len(peers) - len(silent)),
            Figure("Not in contact", len(silent)),
            Figure("Changes not yet sent", sum(peer.waiting_ops or 0 for peer in peers)),
            Figure("Copies that differ", sum(peer.is_digest_equal is False for peer in peers)),
            Figure("Conflicts open", conflicts),
            Figure("Changes parked", sum(peer.parked_ops for peer in peers)),
        ),
        lines=tuple(node_line(peer, now_ms) for peer in ordered),
    )


def silent_of(peers: tuple[PeerView, ...], now_ms: int) -> tuple[PeerView, ...]:
    """The offices not heard from lately."""
    return tuple(peer for peer in peers if is_silent(peer, now_ms))


def is_silent(peer: PeerView, now_ms: int) -> bool:
    """Whether the centre has not heard from this office lately."""
    return peer.last_contact_ms is None or now_ms - peer.last_contact_ms > SILENT_AFTER_MS


def node_line(peer: PeerView, now_ms: int) -> NodeLine:
    """One office."""
    return NodeLine(
        name=peer.name,
        place=peer.place.name if peer.place and peer.place.name != peer.name else "",
        state=_state(peer, now_ms),
        last_contact=_ago(peer.last_contact_ms, now_ms) or "Never",
        backlog=_changes(peer.waiting_ops),
        oldest=_oldest(peer, now_ms),
        lag=_lag(peer),
        digest=_digest(peer),
        digest_at=f"compared {short_moment(peer.digest_at_ms, now_ms)}"
        if peer.digest_at_ms
        else "",
        parked=str(peer.parked_ops) if peer.parked_ops else "None",
        release=f"release {peer.release}" if peer.release else "",
        people=Link("Whom it holds", f"/holders?office={peer.place.code}", peer.name)
        if peer.place
        else None,
    )


def parked_line(desk: Desk, entry: HistoryEntry, now_ms: int) -> ParkedLine:
    """One op that does not count: ids and codes only, since whoever sees this reads no record."""
    reason = entry.verdict.reason
    return ParkedLine(
        op=entry.op_id.hex(),
        node=node_name(desk, entry.op.header.node) if entry.op else "Not readable",
        kind=entry.op.header.kind.replace("_", " ").capitalize() if entry.op else "Not readable",
        reason=PARKED_BECAUSE.get(reason, reason.replace("_", " ").capitalize()),
        reached=short_moment(entry.reached_ms, now_ms),
    )


def _state(peer: PeerView, now_ms: int) -> Mark:
    if peer.is_revoked:
        return Mark("Revoked", "grave", "nothing that comes of it counts")
    if peer.is_forked:
        return Mark("Two computers under its name", "grave", "a copy of its disk has written, too")
    if peer.last_contact_ms is None:
        return Mark("Never heard from", "warn")
    return (
        Mark("Not in contact", "grave") if is_silent(peer, now_ms) else Mark("In contact", "good")
    )


def _ago(at_ms: int | None, now_ms: int) -> str:
    if at_ms is None:
        return ""
    return f"{short_moment(at_ms, now_ms)} ({age(now_ms - at_ms)} ago)"


def _lag(peer: PeerView) -> str:
    known = _changes(peer.cursor_lag_ops)
    return f"{known}, and more" if peer.is_lag_more else known


def _changes(count: int | None) -> str:
    if count is None:
        return "Not known"
    return counted(count, "change") if count else "Nothing"


def _oldest(peer: PeerView, now_ms: int) -> str:
    if not peer.waiting_ops or peer.oldest_waiting_ms is None:
        return ""
    return f"oldest written {age(now_ms - peer.oldest_waiting_ms)} ago"


def _digest(peer: PeerView) -> Mark:
    if peer.is_digest_equal is None:
        return Mark("Not compared yet", "plain")
    return Mark("Same", "good") if peer.is_digest_equal else Mark("Differs", "grave")
