"""An estate under load: staff at every node who write until they are told to rest."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from tests.process.estates import LiveEstate
from tests.process.fleet import Fleet
from tests.process.workers import ApiWorker, Entry, FormWorker, Ledger, Worker
from throughcare import acts
from throughcare.making import SignIn, read_sign_ins
from throughcare.people.names import MadeName
from throughcare.terminal import Terminal

WRITTEN_S_MAX = 30.0
LOOK_EVERY_S = 0.01


class Scene:
    """An estate that runs, somebody everywhere whom all may write about, and who writes."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.estate = LiveEstate(fleet.folder)
        self.ledger = Ledger()
        self.workers: list[Worker] = []
        self.people: dict[str, str] = {}
        """Somebody in each prison, by its code; the unit and the centre have them too."""
        self._terminals: list[Terminal] = []
        self._forms: list[FormWorker] = []
        self._working: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Starts everything and signs everybody in."""
        self.fleet.start(*self.fleet.codes)
        await self.fleet.until_live(*self.fleet.codes)
        leeds, moorland, unit, centre = [
            await self._enter(code) for code in ("LEI", "MDI", "N55LEE", "CENTRE")
        ]
        for at in (leeds, moorland):
            person = await acts.receive_new(
                at, MadeName("Kilda", at.code.title()), f"{at.code}-A-1-1"
            )
            await acts.assign(at, person, unit, acts.day(at, -30))
            self.people[at.code] = person
        for person in self.people.values():
            await self.estate.until(partial(unit.knows, person), "the unit has them")
        for at, person in (
            (leeds, self.people["LEI"]),
            (await self._enter("LEI", 1), self.people["LEI"]),
            (moorland, self.people["MDI"]),
            (unit, self.people["LEI"]),
            (centre, self.people["MDI"]),
        ):
            name = f"{at.staff_name} of {at.code}"
            self.workers.append(ApiWorker(at, person, self.ledger, name))
        for code, person in self.people.items():
            await self._enter_by_page(code, person)

    async def close(self) -> None:
        """Lets go of every line; the programs are the fleet's to end."""
        for working in self._working:
            working.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        for terminal in self._terminals:
            await terminal.close()
        for form in self._forms:
            await form.close()

    def begin(self, *, pause_s: float = 0.0) -> None:
        """Everybody begins to write, with a pause after each entry where there is time."""
        for one in self.workers:
            one.pause_s, one.is_over = pause_s, False
        self._working = [asyncio.create_task(one.work()) for one in self.workers]

    async def rest(self) -> None:
        """Everybody ends what they were at; whatever went wrong with one of them is raised."""
        for one in self.workers:
            one.is_over = True
        await asyncio.gather(*self._working)

    async def until_more(self, count: int = 1) -> None:
        """Returns once somebody was told that something more is saved."""
        wanted = len(self.ledger.acknowledged) + count
        give_up_s = time.monotonic() + WRITTEN_S_MAX
        while len(self.ledger.acknowledged) < wanted:
            for one in self._working:
                if one.done():
                    one.result()
            assert time.monotonic() < give_up_s, self.estate.told()
            await asyncio.sleep(LOOK_EVERY_S)

    async def write(self, at: Terminal, person: str, text: str) -> None:
        """One note, written once; what was told of it is kept."""
        before = set(at.op_ids)
        await acts.note(at, person, text)
        op_ids = tuple(at.op_ids - before)
        self.ledger.acknowledged.append(Entry(at.code, person, text, op_ids))

    async def page_of(self, at: Terminal, path: str) -> str:
        """A page as it is shown to an administrator of the node at which a terminal stands."""
        signs = read_sign_ins(self.fleet.folder)
        one = next(one for one in signs if (one.code, one.role) == (at.code, "administrator"))
        form = FormWorker(at.url, one, "", self.ledger, "")
        try:
            await form.enter()
            return (await form.shown(path)).text
        finally:
            await form.close()

    def at(self, code: str) -> Terminal:
        """The terminal of the first of a node's staff."""
        return next(one for one in self._terminals if one.code == code)

    def form(self, code: str) -> FormWorker:
        """Who works at a node by its pages."""
        return self._forms[[*self.people].index(code)]

    def sign_in(self, code: str, number: int) -> SignIn:
        """One of the staff of a node."""
        staff = [one for one in read_sign_ins(self.fleet.folder) if one.role == "staff"]
        return [one for one in staff if one.code == code][number]

    async def _enter(self, code: str, number: int = 0) -> Terminal:
        node = self.fleet.estate.node(code)
        terminal = Terminal(code, node.url, self.sign_in(code, number))
        self._terminals.append(terminal)
        return await terminal.enter()

    async def _enter_by_page(self, code: str, person: str) -> None:
        url, sign_in = self.fleet.estate.node(code).url, self.sign_in(code, 2)
        name = f"{sign_in.display_name} of {code}"
        form = FormWorker(url, sign_in, person, self.ledger, name)
        self._forms.append(form)
        await form.enter()
        self.workers.append(form)


@asynccontextmanager
async def scene_of(fleet: Fleet) -> AsyncIterator[Scene]:
    """A scene that is open, with nobody writing yet."""
    scene = Scene(fleet)
    try:
        await scene.open()
        yield scene
    finally:
        await scene.close()
