"""An office that was away for months comes back over a slow line, in virtual time.

Two offices hold the same people. One is cut off and goes on writing; the other and the centre go on
as well. Then its line is there again: so many bits a second each way, so many milliseconds to the
other end, and nothing else takes time. Stores, door, session and sealed messages are the real ones,
the records those of casework, and the notes of real entropy. `python -m tests.simulation.rejoin`
prints what it took; the time of processors and memory is printed, and never judged.
"""

import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from bench.workloads import Change
from casework.records import REGISTRY
from sync_protocol.author import Act, Draft
from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import Holders, StoreParts
from sync_protocol.messages import Entry, Reply, Request
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.session import (
    Append,
    Effects,
    LineBroke,
    Rest,
    Send,
    SpokeSession,
    Stored,
    Tick,
)
from tests.boxes import boxes_for
from tests.contract.places import MemoryPlaces
from tests.contract.world import DrawnChance
from tests.simulation.rejoin_story import DAY_MS, Story, story_of
from tests.toys import MORNING_MS, actor, id_of
from throughcare.stores import is_safety

RATE_BITS_S: Final = 1_000_000
LATENCY_MS: Final = 40
HTTP_BYTES: Final = 250
"""What HTTP's own lines take of the line, each way."""
EXCHANGES_MAX: Final = 200
HUB: Final = NodeId(id_of("node", "hub"))
HELD: Final = frozenset({"held"})


class Figures(msgspec.Struct, kw_only=True):
    """What a rejoin took. Seconds are virtual unless they are a processor's."""

    days: int
    ops_each_way: int
    rejoined_s: float = 0.0
    offered_s: float = 0.0
    """When the last op written there was on its way no more, but at the hub."""
    safety_first_s: float = 0.0
    safety_last_s: float = 0.0
    """When the first and the last op of a safety kind was durable at the office."""
    safety_ops: int = 0
    round_trips: int = 0
    breaks: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    request_bytes_max: int = 0
    reply_bytes_max: int = 0
    reply_ops_max: int = 0
    offered_again: int = 0
    sent_again: int = 0
    """Ops that went over the line once more; one sent ahead of its turn comes in its turn too."""
    sent_ahead: int = 0
    office_cpu_s: float = 0.0
    hub_cpu_s: float = 0.0
    peak_before_mb: float = 0.0
    peak_mb: float = 0.0


class VirtualClock:
    """One clock for all: true time, which the line and the calendar move."""

    def __init__(self) -> None:
        """The morning of all toys."""
        self.ms = float(MORNING_MS)

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return int(self.ms)


class Place:
    """A node: its store and its name."""

    def __init__(self, name: str, estate: "Estate") -> None:
        """A new one of an estate, with an empty store in memory."""
        self.node = NodeId(id_of("node", name))
        self.signer = KeySigner(id_of("key", name) * 2)
        writer, open_reader = estate.disks.connect(name)
        self.store = OpStore(
            StoreParts(
                node=self.node,
                registry=REGISTRY,
                clock=estate.clock,
                chance=DrawnChance(name),
                signer=self.signer,
                writer=writer,
                open_reader=open_reader,
                is_hub=self.node == HUB,
                is_safety=is_safety,
                scope_kinds=frozenset({"person"}),
                holders=estate.holders,
                boxes=boxes_for(self.node, HUB, DrawnChance(f"boxes of {name}")),
                label=name,
            )
        )
        self.store.spoke.wait_ms = 0

    def write(self, changes: Sequence[Change], clock: VirtualClock) -> None:
        """Each as an act of its own, at the time at which it happened; all durable at the end."""
        with self.store.changing():
            for change in changes:
                clock.ms = change.happened_at
                draft = Draft(
                    kind=change.kind,
                    subjects=(change.subject,),
                    record=change.record,
                    values=change.values,
                    happened_at=change.happened_at,
                )
                self.store.write(Act(actor=actor(1), device="till-1", drafts=(draft,)))

    def ids(self) -> set[bytes]:
        """The ids of all ops held."""
        with self.store.reading() as reading:
            return {row[0] for row in reading.select("SELECT op_id FROM ops")}


class Estate:
    """The centre, the office that is away, and another that holds the same people."""

    def __init__(self) -> None:
        """Nobody is known yet."""
        self.clock = VirtualClock()
        self.disks = MemoryPlaces()
        self.away = NodeId(id_of("node", "LEI"))
        self.other = NodeId(id_of("node", "N55LEE"))
        self.hub = Place("hub", self)
        self.office = Place("LEI", self)
        self.unit = Place("N55LEE", self)
        self.door = HubDoor(
            self.hub.store,
            {one.node: one.signer.public_key for one in (self.office, self.unit)}.get,
        )

    def holders(self, _reading: Reading, subject: SubjectId) -> Holders:
        """Both offices hold everybody."""
        return {subject: {self.away: HELD, self.other: HELD}}


@dataclass
class Line:
    """Runs a spoke's exchanges over so many bits a second, and counts."""

    estate: Estate
    place: Place
    figures: Figures
    rate_bits_s: float = RATE_BITS_S
    breaks_every_s: float = 0
    """How long it holds at a time: whatever is on its way then is lost. 0: for ever."""
    seen: set[bytes] = field(default_factory=set)
    offered: set[bytes] = field(default_factory=set)
    ahead: set[bytes] = field(default_factory=set)
    safety: set[bytes] = field(default_factory=set)
    """Ops of safety kinds that the spoke lacks: when they come is noted."""

    def __post_init__(self) -> None:
        """Begin where the spoke is."""
        hub, place = self.estate.hub, self.place
        self._began_ms = self.estate.clock.ms
        self._session = SpokeSession(place.store.spoke, place.node, hub.node, hub.signer.public_key)

    def settle(self) -> None:
        """Exchange until neither side has anything to say and the views agree."""
        for _ in range(EXCHANGES_MAX):
            if self.exchange():
                self.figures.rejoined_s = self.seconds
                return
        raise AssertionError(f"not rejoined in {EXCHANGES_MAX} exchanges: {self.figures}")

    @property
    def seconds(self) -> float:
        """Virtual seconds since the line was there."""
        return (self.estate.clock.ms - self._began_ms) / 1000

    def exchange(self) -> bool:
        """One round trip; whether everything is said and the views were found equal."""
        spoke_s = time.process_time()
        clock, place, figures = self.estate.clock, self.place, self.figures
        (send,) = self._session.receive(Tick(clock.now_ms()))
        assert isinstance(send, Send)
        request = send.message
        assert isinstance(request, Request)
        address = Address(place.node, HUB, request.hello.cursor.incarnation)
        raw = seal_message(request, address, place.signer)
        hub_s = time.process_time()
        if not self._pass(len(raw)):
            return self._break(request)
        visit = self.estate.door.receive(raw)
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None
        if request.runs:
            figures.offered_s = self.seconds
        figures.hub_cpu_s += time.process_time() - hub_s
        figures.office_cpu_s += hub_s - spoke_s
        if not self._pass(len(answer)):
            return self._break(request)
        spoke_s = time.process_time()
        reply = open_envelope(read_envelope(answer), place.node, self.estate.hub.signer.public_key)
        assert isinstance(reply, Reply), reply
        self._do(self._session.receive(reply), request)
        figures.office_cpu_s += time.process_time() - spoke_s
        self._count(request, reply, len(raw), len(answer))
        is_quiet = not (self._session.is_more_known or place.store.spoke.waiting()[0])
        return is_quiet and reply.digest_equal is True

    def _do(self, effects: Effects, request: Request) -> None:
        for effect in effects:
            match effect:
                case Append(what=Reply() as reply):
                    now_ms = self.estate.clock.now_ms()
                    self.place.store.spoke.accept(reply, request.hello, now_ms)
                    self._session.receive(Stored())
                case Rest(delay_ms=delay_ms):
                    self.estate.clock.ms += delay_ms
                case _:
                    raise AssertionError(f"nothing was restored or forked: {effect}")

    def _pass(self, size: int) -> bool:
        """Let so many bytes go over the line; whether it held."""
        clock = self.estate.clock
        began_ms, holds_ms = clock.ms - self._began_ms, self.breaks_every_s * 1000
        takes_ms = LATENCY_MS + (size + HTTP_BYTES) * 8 * 1000 / self.rate_bits_s
        left_ms = holds_ms - began_ms % holds_ms if holds_ms else takes_ms
        clock.ms += min(takes_ms, left_ms)
        return takes_ms <= left_ms

    def _break(self, request: Request) -> bool:
        self.figures.breaks += 1
        self._do(self._session.receive(LineBroke()), request)
        return False

    def _count(self, request: Request, reply: Reply, up: int, down: int) -> None:
        figures = self.figures
        figures.round_trips += 1
        figures.up_bytes += up
        figures.down_bytes += down
        figures.request_bytes_max = max(figures.request_bytes_max, up)
        figures.reply_bytes_max = max(figures.reply_bytes_max, down)
        figures.reply_ops_max = max(figures.reply_ops_max, len(reply.entries))
        for run in request.runs:
            for segment in run.segments:
                for raw in segment.ops:
                    figures.offered_again += _is_again(self.offered, hash_raw(raw))
        notices, entries = _ids(reply.notices), _ids(reply.entries)
        figures.sent_ahead += len(notices)
        came = self.safety.intersection((*notices, *entries))
        if came:
            figures.safety_first_s = figures.safety_first_s or self.seconds
            figures.safety_last_s = self.seconds
            self.safety -= came
        figures.sent_again += sum(_is_again(self.ahead, one) for one in notices)
        figures.sent_again += sum(_is_again(self.seen, one) for one in entries)


def _is_again(met: set[bytes], one: bytes) -> bool:
    is_again = one in met
    met.add(one)
    return is_again


def _ids(entries: Sequence[Entry]) -> list[bytes]:
    return [op_id_of(hash_raw(one.raw)) for one in entries]


def rejoin(
    days: int = 90,
    ops: int = 10_000,
    *,
    rate_bits_s: float = RATE_BITS_S,
    breaks_every_s: float = 0,
) -> tuple[Estate, Figures]:
    """The whole story, and what coming back took; the estate as it is then."""
    estate, figures = Estate(), Figures(days=days, ops_each_way=ops)
    story = story_of(days, ops)
    estate.hub.write(story.known, estate.clock)
    for place in (estate.office, estate.unit):
        Line(estate, place, Figures(days=0, ops_each_way=0)).settle()
    _live_on(estate, story, days)
    estate.clock.ms = MORNING_MS + (days + 2) * DAY_MS
    safety = _safety_of(estate)
    figures.peak_before_mb = _peak_mb()
    figures.safety_ops = len(safety)
    line = Line(estate, estate.office, figures, rate_bits_s, breaks_every_s, safety=safety)
    line.settle()
    assert not safety, f"{len(safety)} ops of safety kinds never came"
    figures.peak_mb = _peak_mb()
    return estate, figures


def _live_on(estate: Estate, story: Story, days: int) -> None:
    """The office writes alone; the other office and the centre by turns, in touch every day."""
    began = MORNING_MS + DAY_MS
    estate.office.write(story.office, estate.clock)
    for day in range(days + 1):
        until = began + (day + 1) * DAY_MS
        today = [one for one in story.others if until - DAY_MS <= one.happened_at < until]
        for place, is_odd in ((estate.unit, True), (estate.hub, False)):
            place.write([one for one in today if one.record[-1] % 2 == is_odd], estate.clock)
        estate.clock.ms = until
        Line(estate, estate.unit, Figures(days=0, ops_each_way=0)).settle()


def _safety_of(estate: Estate) -> set[bytes]:
    """The ops of safety kinds that the office lacks."""
    with estate.hub.store.reading() as reading:
        rows = reading.select("SELECT op_id FROM ops WHERE is_safety")
    return {row[0] for row in rows} - estate.office.ids()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(words: Sequence[str]) -> int:
    """Run it and print what it took."""
    asked = ArgumentParser(prog="python -m tests.simulation.rejoin", description=main.__doc__)
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--ops", type=int, default=10_000, help="on each side")
    asked.add_argument("--rate", type=float, default=RATE_BITS_S, help="bits a second")
    asked.add_argument("--breaks", type=float, default=0, help="seconds that the line holds")
    asked.add_argument("--json", action="store_true")
    chosen = asked.parse_args(words)
    _, figures = rejoin(
        chosen.days, chosen.ops, rate_bits_s=chosen.rate, breaks_every_s=chosen.breaks
    )
    if chosen.json:
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    else:
        for name, value in msgspec.structs.asdict(figures).items():
            sys.stdout.write(f"{name:20} {value:12,.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
