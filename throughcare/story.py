"""The story of a day: a line cut, a power cut in mid-exchange, conflicts, a move, a restore.

It plays on the running demonstration, through the nodes' own HTTP API; every claim is checked at
another node than the one that wrote. A claim that does not hold ends the story with a fault.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random
from statistics import median
from typing import Any, Final

from sync_protocol.errors import Refused
from sync_protocol.ids import OpId
from sync_protocol.io.backup import Backup
from throughcare import acts
from throughcare.backups import back_up_node, restore_node
from throughcare.clocks import clock_of, read_shift
from throughcare.demo import Running
from throughcare.estate import EstateNode, folder_of
from throughcare.faults import FaultsFound, err
from throughcare.making import SignIn
from throughcare.people.names import MadeName, draw_name, draw_origin
from throughcare.stores import paths_of
from throughcare.terminal import ApiRefused, Json, Terminal, eventually
from throughcare.verify import count_ops, lives_of, verify_estate

PEOPLE: Final = 3
NOTES_TIMED: Final = 15
NOTES_CUT_OFF: Final = 60
NOTES_AFTER_BACKUP: Final = 5
NOTES_AFTER_LEAVING: Final = 2
KILLED_AFTER_BYTES: Final = 2_048
BACKUPS_KEPT: Final = 24
CONFLICTS_EACH: Final = frozenset(
    {
        ("risk", "public_community"),
        ("offender_manager", "assignment"),
        ("alert", "active_to"),
    }
)


class StoryFailed(Refused):
    """Something that the story claims is not so."""

    code = "story_failed"
    hint = "The nodes' log.txt files are in the estate's folder; it is kept as it was."


async def tell(running: Running) -> dict[str, Any]:
    """Plays the whole story; returns the figures measured from the nodes. Raises StoryFailed."""
    story = Story(running)
    try:
        await story.enter()
        for title, chapter in story.chapters():
            err.rule(f"[bold]{title}[/]", align="left")
            await chapter()
        return await asyncio.to_thread(story.figures)
    finally:
        await story.close()


class Story:
    """A prison, another prison, a unit and the centre, and what happens to three people."""

    def __init__(self, running: Running) -> None:
        """Nothing happens before `enter`."""
        self._running = running
        self._supervisor = running.supervisor
        self.prison, self.other, self.unit = (
            self._terminal(node.code, node.url) for node in running.estate.spokes
        )
        self.centre = self._terminal(running.estate.hub.code, running.estate.hub.url)
        self.people: list[str] = []
        self.alerts: dict[str, str] = {}
        self.notes: dict[str, int] = {}
        self.note_ms = 0.0
        self.opened = 0
        self.settled = 0
        self.receipts: list[str] = []

    def chapters(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """What happens, in order."""
        return (
            ("Three people come into the prison", self.receptions),
            ("Notes and alerts reach the other office", self.words),
            ("The prison's line is cut, and both sides go on working", self.cut_off),
            ("The power fails in the middle of the exchange", self.power_cut),
            ("Conflicts are listed, and settled by people", self.conflicts),
            ("Somebody moves to the other prison while the first is cut off", self.transfer),
            ("The first prison lets go, with a receipt", self.receipt),
            ("The prison's store is put back to its backup", self.restore),
            ("Everything is counted", self.count),
        )

    async def enter(self) -> None:
        """Signs in at every node."""
        for terminal in self._terminals:
            await terminal.enter()

    async def close(self) -> None:
        """Lets go of every terminal."""
        for terminal in self._terminals:
            await terminal.close()

    async def receptions(self) -> None:
        """New people, at once known where their officer works and nowhere else."""
        for number, name in enumerate(_new_names()):
            person = await acts.receive_new(self.prison, name, f"LEI-A-1-{number + 1:03d}")
            await acts.assign(self.prison, person, self.unit, acts.day(self.prison, -30))
            await acts.set_single(self.prison, person, "risk", {"public_community": "medium"})
            self.people.append(person)
            self.notes[person] = 0
        for at in (self.centre, self.unit):
            await self._soon(f"{at.code} knows all three", self._known_by, at)
        known = [person for person in self.people if await self.other.knows(person)]
        self._claim(not known, f"{self.other.code}, which has no reason to, knows none of them")

    async def words(self) -> None:
        """Notes and an alert each; how long a note takes to the other office is measured."""
        for person in self.people:
            self.alerts[person] = await acts.alert(self.prison, person, "RKC", "No contact.")
        took = [await self._time_note(self.people[n % PEOPLE], n) for n in range(NOTES_TIMED)]
        self.note_ms = median(took)
        self._claim(True, f"a note reaches {self.unit.code} in {self.note_ms:.0f} ms (median)")
        for person in self.people:
            await self._soon(f"{self.unit.code} shows the alert", self._has_alert, person)

    async def cut_off(self) -> None:
        """Both sides change the same risk, alert, officer, and write notes, unseen."""
        await self._supervisor.set_line(self.prison.code, "down")
        await self._soon("the prison's own staff are told", self._line_is, "down")
        for person in self.people:
            await self._change(self.prison, person, "high", 60, -2)
            await self._change(self.unit, person, "low", 10, -1)
        for number in range(NOTES_CUT_OFF):
            await self._note(self.prison, self.people[number % PEOPLE], f"Cut off, {number}.")
        for person in self.people:
            await self._note(self.unit, person, "Seen at the office.")
        waiting = await acts.waiting(self.prison)
        self._claim(waiting > NOTES_CUT_OFF, f"{waiting} changes wait at {self.prison.code}")
        at_centre = len(await self.centre.records(self.people[0], "case_note"))
        missing = self.notes[self.people[0]] - at_centre
        self._claim(missing >= NOTES_CUT_OFF // PEOPLE, "the centre has none of them yet")

    async def power_cut(self) -> None:
        """The line is back and slow; the node is killed while it sends."""
        line = self._supervisor.known(self.prison.code).line
        assert line is not None, "a prison has a line"
        carried = line.state().carried_bytes
        await self._supervisor.set_line(self.prison.code, "drip")

        async def is_sending() -> bool:
            return line.state().carried_bytes - carried > KILLED_AFTER_BYTES

        await self._soon("the exchange is under way", is_sending)
        killed = self._supervisor.known(self.prison.code).child.pid
        await self._supervisor.kill(self.prison.code)
        self._claim(not await self._has_notes(self.centre), "the centre has not got all of it")
        await self._supervisor.set_line(self.prison.code, "up")
        await self._supervisor.until_ready(self.prison.code)
        now = self._supervisor.known(self.prison.code).child.pid
        self._claim(now not in (None, killed), "it is up again as another program")
        await self._soon("nothing waits any more", self._sent, self.prison)
        for at in (self.centre, self.unit):
            await self._soon(f"{at.code} has every note", self._has_notes, at)

    async def conflicts(self) -> None:
        """Every field that both changed is listed; the safest is shown until people settle it."""
        for person in self.people:
            await self._soon("the centre lists what differs", self._lists_conflicts, person)
            for at in (self.prison, self.unit):
                shown = (await at.records(person, "risk"))[0]["values"]["public_community"]
                self._claim(shown == "high", f"{at.code} shows the higher risk meanwhile")
        for person in self.people:
            for conflict in await acts.conflicts(self.centre, person):
                self.opened += 1
                by = self.centre if conflict["kind"] == "offender_manager" else self.unit
                await self._settle_at(by, person, conflict)
        for at in (self.prison, self.centre):
            await self._soon(f"{at.code} has no conflict left", self._no_conflict, at)
        left = [await acts.conflicts(self.unit, person) for person in self.people]
        self.settled = self.opened - sum(map(len, left))

    async def transfer(self) -> None:
        """The record is there before the person is; the first prison, cut off, writes on."""
        person = self.people[0]
        await acts.send(self.prison, person, self.other.code)
        await self._soon(f"{self.other.code} has the record", self._has_all, self.other, person)
        await self._supervisor.set_line(self.prison.code, "down")
        await acts.receive(self.other, person, reason=acts.FROM_PRISON)
        for at in (self.centre, self.unit):
            await self._soon(f"{at.code} agrees where they are", self._is_at, at, person)
        await self._note(self.other, person, "Received; first night done.")
        for number in range(NOTES_AFTER_LEAVING):
            await self._note(self.prison, person, f"Found in the cell, {number}.")
        told = await acts.holders(self.centre, person)
        self._claim(
            [one["name"] for one in told["not_let_go"]] == [self._name_of(self.prison)],
            f"the centre lists {self.prison.code}, which it cannot tell, as not having let go",
        )
        waiting = await acts.waiting(self.prison)
        self._claim(waiting == NOTES_AFTER_LEAVING, f"{waiting} changes wait there")
        await self._supervisor.set_line(self.prison.code, "up")
        for at in (self.other, self.unit):
            await self._soon(f"{at.code} has what came late", self._has_all, at, person)

    async def receipt(self) -> None:
        """Once a backup at the centre holds all of it, the first prison lets go and signs so."""
        person, hub = self.people[0], self._running.estate.hub
        await self._soon("nothing waits any more", self._sent, self.prison)
        await asyncio.to_thread(self._back_up, hub)
        # A note about somebody else has the prison ask at once.
        await self._note(self.prison, self.people[1], "The day goes on.")
        await self._soon(f"{self.prison.code} has let go of the person", self._is_gone, person)
        kept, _ = await eventually(lambda: self._kept_receipt(person), "the receipt at the centre")
        at_s = kept["at_ms"] / 1000
        sealed = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
        words = f"receipt {kept['number']} of {kept['name']}, sealed {sealed} UTC"
        self._claim(kept["name"] == self._name_of(self.prison), f"the centre keeps {words}")
        own = await acts.receipts(self.prison)
        is_same = kept["number"] in [one["number"] for one in own]
        self._claim(is_same, f"{self.prison.code} has the same, and nothing else of the person")
        self.receipts.append(kept["number"])

    async def restore(self) -> None:
        """What was written after the backup comes back from the centre, under a new life."""
        node = self._running.estate.node(self.prison.code)
        own = folder_of(self._running.folder, node)
        paths, person = paths_of(own), self.people[1]
        backup = await asyncio.to_thread(self._back_up, node)
        for number in range(NOTES_AFTER_BACKUP):
            await self._note(self.prison, person, f"After the backup, {number}.")
        await self._soon("the unit has them", self._has_all, self.unit, person)
        lives = await asyncio.to_thread(lives_of, self._running.folder, self._running.estate, node)
        await self._supervisor.stop(self.prison.code)
        await asyncio.to_thread(restore_node, paths, node, backup.path)
        await self._supervisor.start(self.prison.code)
        await self.prison.enter()
        await self._soon("the prison has them again", self._has_all, self.prison, person)
        await self._note(self.prison, person, "After the restore.")
        await self._soon("the unit has the new one too", self._has_all, self.unit, person)
        now = await asyncio.to_thread(lives_of, self._running.folder, self._running.estate, node)
        self._claim(now == lives + 1, f"{self.prison.code} goes on under a new life")

    async def count(self) -> None:
        """Waits until nothing is on its way."""
        for at in (self.prison, self.other, self.unit):
            await self._soon(f"nothing waits at {at.code}", self._sent, at)
        await self._soon("every store is sound and agrees with the centre", self._all_agree)

    def figures(self) -> dict[str, Any]:
        """The figures, measured from the stores. Raises FaultsFound where a store has a fault."""
        folder, estate = self._running.folder, self._running.estate
        receipts = {OpId(bytes.fromhex(one)) for at in self._terminals for one in at.op_ids}
        counts = count_ops(folder, estate, receipts)
        report = verify_estate(folder, estate)
        if report.faults:
            raise FaultsFound("\n".join(report.faults))
        self._claim(counts.lost == 0, f"{counts.written} changes written, {counts.lost} lost")
        self._claim(counts.written == counts.applied + counts.parked, "and the count adds up")
        return {
            "written": counts.written,
            "applied": counts.applied,
            "parked": counts.parked,
            "lost": counts.lost,
            "conflicts_opened": self.opened,
            "conflicts_settled": self.settled,
            "receipts": len(self.receipts),
            "note_to_other_office_ms": round(self.note_ms, 1),
            "digests_equal": all(node.digests_equal for node in report.nodes),
            "projections_equal": all(node.projections_equal for node in report.nodes),
        }

    @property
    def _terminals(self) -> tuple[Terminal, ...]:
        return (self.prison, self.other, self.unit, self.centre)

    def _terminal(self, code: str, url: str) -> Terminal:
        return Terminal(code, url, _staff_of(self._running.sign_ins, code))

    def _name_of(self, at: Terminal) -> str:
        return self._running.estate.node(at.code).name

    def _back_up(self, node: EstateNode) -> Backup:
        """A verified backup, under the time by which the node lives."""
        own = folder_of(self._running.folder, node)
        clock = clock_of(self._running.estate, read_shift(own.settings))
        return back_up_node(paths_of(own), node, own.backups, kept=BACKUPS_KEPT, clock=clock)

    def _claim(self, holds: object, words: str) -> None:
        if not holds:
            raise StoryFailed(words)
        err.print(f"  [green]so[/]  {words}", soft_wrap=True)

    async def _soon(self, words: str, look: Callable[..., Awaitable[bool]], *given: Any) -> None:
        _, took_ms = await eventually(lambda: look(*given), words)
        self._claim(True, f"{words} [dim]({took_ms:.0f} ms)[/]")

    async def _note(self, at: Terminal, person: str, text: str) -> str:
        record = await acts.note(at, person, text)
        self.notes[person] += 1
        return record

    async def _time_note(self, person: str, number: int) -> float:
        began_s = time.monotonic()
        record = await self._note(self.prison, person, f"Key work session, {number}.")
        path = f"/people/{person}/records/case_note/{record}"

        async def is_there() -> bool:
            try:
                return bool(await self.unit.read(path))
            except ApiRefused:
                return False

        await eventually(is_there, "a note reaches the other office")
        return (time.monotonic() - began_s) * 1000

    async def _change(
        self, at: Terminal, person: str, level: str, last_day: int, from_day: int
    ) -> None:
        """The days are ahead of today."""
        await acts.set_single(at, person, "risk", {"public_community": level})
        await acts.close_alert(at, person, self.alerts[person], acts.day(at, last_day))
        await acts.assign(at, person, at, acts.day(at, from_day))

    async def _settle_at(self, by: Terminal, person: str, conflict: Json) -> None:
        async def find() -> list[Json]:
            own = await acts.conflicts(by, person)
            return [one for one in own if one["id"] == conflict["id"]]

        found, _ = await eventually(find, f"{by.code} lists the conflict too")
        await acts.settle(by, found[0])

    async def _known_by(self, at: Terminal) -> bool:
        return all([await at.knows(person) for person in self.people])

    async def _has_alert(self, person: str) -> bool:
        found = await self.unit.records(person, "alert")
        return [one["record"] for one in found] == [self.alerts[person]]

    async def _line_is(self, state: str) -> bool:
        return await acts.line_state(self.prison) == state

    async def _sent(self, at: Terminal) -> bool:
        return await acts.waiting(at) == 0

    async def _has_notes(self, at: Terminal) -> bool:
        return all([await self._has_all(at, person) for person in self.people])

    async def _has_all(self, at: Terminal, person: str) -> bool:
        return len(await at.records(person, "case_note")) == self.notes[person]

    async def _lists_conflicts(self, person: str) -> bool:
        found = await acts.conflicts(self.centre, person)
        return {(one["kind"], one["field"]) for one in found} == CONFLICTS_EACH

    async def _no_conflict(self, at: Terminal) -> bool:
        return not any([await acts.conflicts(at, person) for person in self.people])

    async def _is_at(self, at: Terminal, person: str) -> bool:
        summary = await at.read(f"/people/{person}")
        return bool(summary["custody"]["place_code"] == self.other.code)

    async def _is_gone(self, person: str) -> bool:
        return not await self.prison.knows(person)

    async def _kept_receipt(self, person: str) -> Json:
        """The receipt that the centre keeps of a person, empty where it has none."""
        kept: list[Json] = (await acts.holders(self.centre, person))["receipts"]
        return kept[0] if kept else {}

    async def _all_agree(self) -> bool:
        estate, folder = self._running.estate, self._running.folder
        report = await asyncio.to_thread(verify_estate, folder, estate)
        return not report.faults


def _staff_of(sign_ins: Sequence[SignIn], code: str) -> SignIn:
    return next(one for one in sign_ins if one.code == code and one.role == "staff")


def _new_names() -> list[MadeName]:
    # S311 asks for secure chance: a name that is not the same in the next story is enough.
    chance = Random(time.time_ns())  # noqa: S311
    return [draw_name(chance, draw_origin(chance), is_female=False) for _ in range(PEOPLE)]
