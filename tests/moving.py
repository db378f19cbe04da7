"""The centre and its offices at real stores, with real drivers, for people who move between them.

Nothing goes over a socket: each exchange is one call of the centre's door. The clock is the test's.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from casework.access.caller import Caller
from casework.desk.holders import SCOPE_KINDS, holders_by
from casework.desk.people import NewIdentifier, NewPerson, create
from casework.desk.records import Addition, add
from casework.rules.scope import Places
from sync_protocol.errors import LineDown
from sync_protocol.ids import SubjectId
from sync_protocol.io.backup import advance_stable
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.sync_driver import SyncDriver
from sync_protocol.op import Op
from tests.desks import PLACES, HandClock, Office, node_id

SPOKES = ("LEI", "BXI", "N55LEE")
EXCHANGES_MAX = 30
MINUTE_MS = 60_000
NAME = "Hargreaves"


class DoorLine:
    """A line straight to the centre's door, which the test cuts and mends."""

    def __init__(self, door: HubDoor) -> None:
        """Up."""
        self._door = door
        self.is_cut = False

    async def carry(self, request: bytes) -> bytes:
        """The centre's answer."""
        if self.is_cut:
            raise LineDown("cut")
        visit = self._door.receive(request)
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None
        return answer

    async def close(self) -> None:
        """Nothing to let go of."""


class MovingEstate:
    """The centre, and the offices that a test opens."""

    def __init__(self, folder: Path, **centre_parts: Any) -> None:
        """Open the centre; its offices are those of `tests.desks`."""
        self.folder = folder
        self.clock = HandClock()
        spokes = frozenset(node_id(code) for code in SPOKES)
        places = Places({code: node_id(code) for code in SPOKES})
        parts: dict[str, Any] = {
            "holders": holders_by(places, self.clock.now_ms),
            "scope_kinds": SCOPE_KINDS,
            "spokes": spokes,
            "is_reception": _is_reception,
        }
        self.centre = Office(folder, "CENTRE", self.clock, **{**parts, **centre_parts})
        self.offices: dict[str, Office] = {}
        self.lines: dict[str, DoorLine] = {}
        keys = {node_id(code): Office.signer(code).public_key for code in SPOKES}
        self.keys = keys
        self._door = HubDoor(self.centre.store, keys.get)

    def open(self, code: str) -> Office:
        """An office by its code, with its line up."""
        self.offices[code] = Office(self.folder, code, self.clock)
        self.offices[code].store.spoke.wait_ms = 0
        self.lines[code] = DoorLine(self._door)
        return self.offices[code]

    def exchange(self, code: str) -> None:
        """One office exchanges until it has nothing more to say; a cut line is tried once."""
        # In a thread of its own: a browser's test runs in a loop already.
        with ThreadPoolExecutor(1) as apart:
            apart.submit(asyncio.run, self._exchange(code)).result()

    def settle(self) -> None:
        """Everybody exchanges until all have heard what the others wrote."""
        for _ in range(2):
            for code in self.offices:
                self.exchange(code)

    def back_up(self) -> None:
        """As if everything at the centre were in a verified backup."""
        advance_stable(self.centre.store, self.centre.store.last_hub_seq())

    def close(self) -> None:
        """Let every store go."""
        for office in (self.centre, *self.offices.values()):
            office.store.close()

    async def _exchange(self, code: str) -> None:
        office = self.offices[code]
        hub_key = Office.signer("CENTRE").public_key
        driver = SyncDriver(office.store, self.lines[code], node_id("CENTRE"), hub_key)
        for _ in range(EXCHANGES_MAX):
            before = office.store.core.cursor()
            await driver.exchange()
            is_idle = office.store.core.cursor() == before and not office.store.spoke.waiting()[0]
            if driver.status().state == "down" or is_idle:
                return


class Pair:
    """Leeds and Brixton, with Ash on the staff of both, and somebody who is at Leeds."""

    def __init__(self, folder: Path) -> None:
        """Everybody knows of the person."""
        self.estate = MovingEstate(folder)
        self.leeds, self.brixton = self.estate.open("LEI"), self.estate.open("BXI")
        self.ash = self.leeds.hire("ash")
        self.brixton.hire("ash")
        self.mover = self.leeds.hire("birch")
        self.person = received(self.leeds, self.ash, NAME)
        self.estate.settle()

    def send(self) -> None:
        """The person leaves for Brixton, and the centre hears of it."""
        send(self.leeds, self.mover, self.person, "BXI")
        self.estate.settle()

    def receive(self) -> None:
        """Brixton receives the person, and the centre hears of it."""
        receive(self.brixton, self.mover, self.person)
        self.estate.exchange("BXI")

    def let_go(self) -> None:
        """The centre backs up, and Leeds lets go."""
        self.estate.back_up()
        self.estate.settle()


def received(office: Office, caller: Caller, last: str = "Example", number: str = "") -> SubjectId:
    """A new person, received at a prison."""
    numbers = (NewIdentifier("NOMS", number),) if number else ()
    new = NewPerson("Robin", last, date_of_birth="1990-01-02", identifiers=numbers)
    person = create(office.desk, caller, new, confirmed=True).person
    receive(office, caller, person)
    return person


def receive(office: Office, caller: Caller, person: SubjectId, reason: str = "INT") -> None:
    """A reception now, at the office's own prison."""
    code = office.desk.place.code
    values = {"type": "ADM", "reason": reason, "direction": "IN", "to_place": code}
    move(office, caller, person, values)


def send(office: Office, caller: Caller, person: SubjectId, to: str) -> None:
    """A departure now for another prison."""
    code = office.desk.place.code
    way = {"from_place": code, "to_place": to}
    values = {"type": "TRN", "reason": "NOTR", "direction": "OUT", **way}
    move(office, caller, person, values)


def move(office: Office, caller: Caller, person: SubjectId, values: dict[str, Any]) -> None:
    """A movement, a minute after whatever was before."""
    office.clock.pass_ms(MINUTE_MS)
    add(office.desk, caller, person, Addition("movement", values))


def _is_reception(op: Op) -> bool:
    values = op.values
    is_arrival = op.header.kind == "movement" and values.get("direction") == "IN"
    to_place = str(values.get("to_place"))
    return is_arrival and to_place in PLACES and node_id(to_place) == op.header.node
