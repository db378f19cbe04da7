"""A running demonstration as a test sees it: its lines, clocks, programs, and what stores say.

What staff do goes through the API of each node. What the stores hold is read beside the running
programs; nothing that a node says of itself is believed.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from casework.records.files import RESTRICTED_FILE, file_subject
from sync_protocol.errors import LineDown
from sync_protocol.ids import SubjectId
from sync_protocol.io.connection import SqlConnection, open_encrypted
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.recovery import read_recovery
from sync_protocol.io.scope_rows import NotLetGo, ScopeReading, SignedReceipt
from sync_protocol.io.system_clock import SystemClock
from sync_protocol.scope import Flag
from tests.process.programs import free_base, run, running_demo
from throughcare import acts
from throughcare.backups import back_up_node
from throughcare.clocks import clock_of, read_shift
from throughcare.door import NoDemonstration, call
from throughcare.estate import ESTATE_NAME, EstateNode, NodeFolder, folder_of, read_estate
from throughcare.making import SignIn, read_sign_ins
from throughcare.people.names import MadeName
from throughcare.stores import paths_of
from throughcare.terminal import Terminal
from throughcare.verify import verify_estate

PEOPLE = 4
UNTIL_S_MAX = 40.0
LOOK_EVERY_S = 0.05
LOG_LINES = 5
BACKUPS_KEPT = 24
WAITING = (
    "SELECT count(*) FROM ops o JOIN lives l USING(life_no) WHERE o.seq > l.received_seq"
    " AND l.node = (SELECT value FROM meta WHERE name = 'node') AND EXISTS (SELECT 1 FROM"
    " segments s WHERE s.life_no = o.life_no AND s.last_seq >= o.seq)"
)
"""Of an earlier life that came back from others there is no segment here, and nothing to send."""

LEAVING = (
    "SELECT lower(hex(s.subject)), d.state, d.ends FROM departures d JOIN subjects s"
    " USING(subject_no)"
)

Look = Callable[[], object | Awaitable[object]]


class Cast(msgspec.Struct, frozen=True):
    """A member of staff at each node, signed in."""

    leeds: Terminal
    moorland: Terminal
    unit: Terminal
    centre: Terminal

    @property
    def all(self) -> tuple[Terminal, ...]:
        """The four of them."""
        return (self.leeds, self.moorland, self.unit, self.centre)

    async def enter(self) -> None:
        """Signs in anew: a session does not outlive a clock that was moved."""
        for terminal in self.all:
            await terminal.enter()


class LiveEstate:
    """A centre, two prisons and a probation unit that run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.estate = read_estate(self.folder / ESTATE_NAME)
        self.written: set[str] = set()
        """Every op for which any API gave a receipt."""
        self.texts_at_first = self.texts_of(self.estate.hub.code)
        """What stood at the centre when this was made: some of what people write is alike."""

    def node(self, code: str) -> EstateNode:
        """The node with this code."""
        return self.estate.node(code)

    def own(self, code: str) -> NodeFolder:
        """The folder of this node."""
        return folder_of(self.folder, self.node(code))

    # What is done to the programs and lines.

    def line(self, code: str, fault: str) -> None:
        """Cuts a node's line, or mends it with "up"."""
        call(self.folder, "line", code=code, fault=fault)

    def stop(self, code: str) -> None:
        """As a power cut would; the node stays down."""
        call(self.folder, "kill", code=code, restart="no")

    def start(self, code: str) -> None:
        """Starts a node that is down, and waits until it answers."""
        call(self.folder, "start", code=code)

    def days_pass(self, days: int) -> None:
        """Everywhere alike; every program is started again."""
        call(self.folder, "clock", code="all", shift=f"+{days}d")

    def back_up(self, code: str = "CENTRE") -> Path:
        """A verified backup, taken beside the running node."""
        own, node = self.own(code), self.node(code)
        paths, clock = paths_of(own), self.clock(code)
        return back_up_node(paths, node, own.backups, kept=BACKUPS_KEPT, clock=clock).path

    def clock(self, code: str) -> SystemClock:
        """The clock that a node lives by."""
        return clock_of(self.estate, read_shift(self.own(code).settings))

    def restore(self, code: str, backup: Path) -> None:
        """Puts a backup in the place of a store whose node is down."""
        place = ("--dir", str(self.folder), "--node", code)
        said = run("restore", *place, "--from", str(backup))
        assert said.returncode == 0, said.stderr

    # What the stores say.

    @contextmanager
    def reading(self, code: str) -> Iterator[SqlConnection]:
        """A connection of our own to a node's store."""
        paths = paths_of(self.own(code))
        connection = open_encrypted(paths.store, load_key(paths.store_key), must_exist=True)
        try:
            yield connection
        finally:
            connection.close()

    def select(self, code: str, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        with self.reading(code) as connection:
            return connection.execute(sql, given)

    def texts_of(self, code: str) -> Counter[str]:
        """Every text of every note that a node shows, and how often it stands there."""
        rows = self.select(code, "SELECT text FROM case_note WHERE text NOT NULL")
        return Counter(one["text"] for (texts,) in rows for one in json.loads(texts))

    def states(self, code: str, person: str) -> set[str]:
        """How far a spoke is with letting go of a person's files; empty where none leaves."""
        with self.reading(code) as connection:
            scope = ScopeReading(connection)
            return {one.state for file in files(person) for one in scope.leaving(file)}

    def holders(self, person: str) -> dict[str, frozenset[str]]:
        """At the centre: the codes of the nodes that hold a person, and why."""
        with self.reading("CENTRE") as connection:
            held = ScopeReading(connection).holding(files(person)[0])
        return {self._code(one.node): one.reasons for one in held}

    def not_let_go(self, person: str) -> list[NotLetGo]:
        """Who has not let go of a person's files, as the centre knows."""
        with self.reading("CENTRE") as connection:
            scope = ScopeReading(connection)
            return [one for file in files(person) for one in scope.not_let_go(file)]

    def receipts(self, person: str) -> list[SignedReceipt]:
        """The receipts of a person's files that the centre keeps."""
        with self.reading("CENTRE") as connection:
            scope = ScopeReading(connection)
            return [one for file in files(person) for one in scope.receipts(file)]

    def told_of_elsewhere(self, code: str, person: str) -> set[str]:
        """The codes of nodes that have not let go of a person, as a spoke was told."""
        with self.reading(code) as connection:
            found = ScopeReading(connection).elsewhere(files(person)[0])
        return {self._code(one.node) for one in found}

    def waiting(self, code: str) -> int:
        """How many ops of its own a spoke is not known to have handed over."""
        return int(self.select(code, WAITING)[0][0])

    def has_recovered(self) -> bool:
        """Whether the centre was restored, and every node has offered it what it holds."""
        with self.reading("CENTRE") as connection:
            recovery = read_recovery(connection)
        return recovery is not None and not recovery.awaited

    def flags(self, op_ids: set[str]) -> dict[str, int]:
        """What the centre said of these ops; one that it lacks is not in it."""
        rows = self.select("CENTRE", "SELECT op_id, flags FROM ops")
        return {op_id.hex(): flags for op_id, flags in rows if op_id.hex() in op_ids}

    def _code(self, node: bytes) -> str:
        return next(one.code for one in self.estate.nodes if one.node_id == node)

    # What is waited for.

    @asynccontextmanager
    async def staff(self) -> AsyncIterator[Cast]:
        """A member of staff at each node; what they were told is saved is counted at the end."""
        by_code = {node.code: self._terminal(node) for node in self.estate.nodes}
        cast = Cast(*(by_code[code] for code in ("LEI", "MDI", "N55LEE", "CENTRE")))
        await cast.enter()
        try:
            yield cast
        finally:
            for terminal in cast.all:
                self.written |= terminal.op_ids
                await terminal.close()

    async def until(self, look: Look, what: str, within_s: float = UNTIL_S_MAX) -> None:
        """Returns once `look` is true; tells where everything stood where it never is."""
        give_up_s = time.monotonic() + within_s
        while True:
            with suppress(LineDown):  # The node may just be starting again.
                found = look()
                if await found if isinstance(found, Awaitable) else found:
                    return
            assert time.monotonic() < give_up_s, f"never: {what}\n{self.told()}"
            await asyncio.sleep(LOOK_EVERY_S)

    async def until_sent(self, *codes: str) -> None:
        """Returns once nothing waits at these nodes."""

        def is_sent(code: str) -> bool:
            return not self.waiting(code)

        for code in codes:
            await self.until(partial(is_sent, code), f"{code} has sent all")

    async def until_handed_over(self, code: str, person: str) -> None:
        """Returns once a node was told to let go of a person, and nothing of its own waits.

        A file of which everything is in a backup may be sealed by then.
        """
        still = {"drained", "sealed"}
        await self.until(
            lambda: set() != self.states(code, person) <= still, f"{code} handed over {person}"
        )

    async def until_sealed(self, code: str, person: str) -> None:
        """Returns once a node has let go of all of a person's files."""
        await self.until(
            lambda: self.states(code, person) == {"sealed"}, f"{code} let go of {person}"
        )

    async def let_go(self, at: Terminal, nudged: str, *people: str) -> None:
        """Everything that a node needs to let go, and waits until the centre has its receipts.

        `nudged` is somebody who stays there: an entry about them has the node ask at once.
        """
        code = at.code
        for person in people:
            await self.until_handed_over(code, person)
            left = {one.node for one in self.not_let_go(person)}
            assert left == {self.node(code).node_id}, self.told()
        await asyncio.to_thread(self.back_up)
        await acts.note(at, nudged, "The day goes on.")
        for person in people:
            await self.until_sealed(code, person)
            await self.until(
                partial(self._has_receipts, person), f"the centre has the receipts of {code}"
            )
            assert not await at.knows(person)

    def _has_receipts(self, person: str) -> bool:
        return not self.not_let_go(person)

    async def settle(self) -> None:
        """Waits until nothing is on its way; then every store is sound, agrees with the centre in
        all that it may hold, and every op counts there that anybody was told is saved.
        """
        await self.until_sent("LEI", "MDI", "N55LEE")
        await self.until(self._agrees, "every store is sound and agrees with the centre")
        flags = self.flags(self.written)
        missing = self.written - flags.keys()
        assert not missing, f"{len(missing)} of {len(self.written)} ops are not at the centre"
        parked = [op_id for op_id, found in flags.items() if not found & Flag.APPLIED]
        assert not parked, f"{len(parked)} of {len(self.written)} ops count for nothing"

    async def _agrees(self) -> bool:
        report = await asyncio.to_thread(verify_estate, self.folder, self.estate)
        self._faults = report.faults
        return not report.faults and not any(one.unsent for one in report.nodes)

    def told(self) -> str:
        """How every node stands, for the sentence that says why a test failed."""
        lines = []
        with suppress(NoDemonstration):
            lines.append(str(call(self.folder, "states")))
        for node in self.estate.spokes:
            rows = self.select(node.code, LEAVING)
            lines.append(f"{node.code}: {self.waiting(node.code)} wait; leaving {rows}")
        with self.reading("CENTRE") as connection:
            lines.append(f"not let go: {ScopeReading(connection).not_let_go()}")
        lines.append(f"verified last: {self._faults}")
        for node in self.estate.nodes:
            log = self.own(node.code).log.read_text("utf-8", errors="replace").splitlines()
            lines += [f"{node.code} log: {line}" for line in log[-LOG_LINES:]]
        return "\n".join(lines)

    _faults: tuple[str, ...] = ()

    def _terminal(self, node: EstateNode) -> Terminal:
        return Terminal(node.code, node.url, self.sign_in(node.code, "staff"))

    def sign_in(self, code: str, role: str) -> SignIn:
        """An account of a node."""
        signs = read_sign_ins(self.folder)
        return next(one for one in signs if (one.code, one.role) == (code, role))


@contextmanager
def live_estate(folder: Path) -> Iterator[LiveEstate]:
    """An estate of few people that runs until the block ends."""
    with running_demo(folder, free_base(), "--people", str(PEOPLE)) as demo:
        yield LiveEstate(demo.folder)


def files(person: str) -> tuple[SubjectId, SubjectId]:
    """The subjects of a person: the open file, and the restricted one."""
    own = SubjectId(bytes.fromhex(person))
    return (own, file_subject(own, RESTRICTED_FILE))


async def receive(at: Terminal, first: str, last: str, cell: str = "A-1-001") -> str:
    """Somebody nobody knows comes into this prison; returns the person's id."""
    return await acts.receive_new(at, MadeName(first, last), f"{at.code}-{cell}")


async def notes(at: Terminal, person: str) -> int:
    """How many notes of a person this node shows."""
    return len(await at.records(person, "case_note"))
