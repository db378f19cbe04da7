"""Fills a new estate: accounts at every node, and everybody's record, written at the centre.

It works on the stores themselves, before any node runs. The centre writes each act under the time
at which it was done, as if it had stood there all along; then each office has its people from the
centre's door, as over a line, so that whoever signs in first meets a full wing.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from casework.access.accounts import Accounts, NewAccount
from casework.records.files import place_subject, post_record
from casework.rules.rows import day_of
from sync_protocol.author import Act, Draft
from sync_protocol.ids import SubjectId
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.sync_driver import SyncDriver
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock
from sync_protocol.policy import OPEN
from throughcare.estate import Estate, EstateNode, folder_of, write_private
from throughcare.making import LOADED_NAME, Loaded, SignIn, offices_of, read_sign_ins
from throughcare.people.caseload import Caseload, make_caseload
from throughcare.people.pen import WrittenAct
from throughcare.stores import HubDuties, duties_of, open_accounts, open_store, paths_of

ACTS_AT_ONCE: Final = 50
EXCHANGES_MAX: Final = 2_000

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


def load_estate(
    folder: Path,
    estate: Estate,
    *,
    people: int,
    seed: int,
    progress: Progress,
    clock: Clock = SYSTEM_CLOCK,
) -> Loaded:
    """Opens every account and writes every person; says so on disk once all of it is there.

    It ends at the time by which the nodes will live: one that finds its clock put back since it
    last wrote does not work.
    """
    sign_ins = read_sign_ins(folder)
    offices = offices_of(estate, sign_ins)
    made = make_caseload(people, offices=offices, seed=seed, now_ms=clock.now_ms())
    then = _PastClock(clock)
    with _open(folder, estate.hub, sign_ins, then, _late_duties(estate, then)) as hub:
        _write(hub, estate.hub.name, made.acts, progress, then)
        _appoint(hub, estate, sign_ins)
        _let_hold(hub, estate, made)
        for node in estate.spokes:
            progress(node.name, 0, 1)
            with _open(folder, node, sign_ins, clock) as spoke:
                # Where nobody is recorded there is nothing to have.
                if made.acts:
                    asyncio.run(_exchange(spoke, DoorLine(hub, estate), estate.hub))
                for act in made.unseen:
                    if act.office == node.code:
                        spoke.write(act.act())
            progress(node.name, 1, 1)
    loaded = Loaded(people, made.ops, seed)
    write_private(folder / LOADED_NAME, msgspec.json.encode(loaded))
    return loaded


def _appoint(store: OpStore, estate: Estate, sign_ins: Sequence[SignIn]) -> None:
    """The centre names the staff of the first prison and of the first unit, by their accounts.

    At the others whoever has an account signs in, as at an office that the centre has not reached.
    """
    now_ms = store.core.parts.clock.now_ms()
    first = {node.place.kind: node.code for node in reversed(estate.spokes)}
    by = next(one for one in sign_ins if one.code == estate.hub.code)
    drafts = tuple(
        Draft(
            kind="post",
            subjects=(place_subject(one.code),),
            record=post_record(one.staff_id, one.code),
            values={
                "staff": one.staff,
                "user_name": one.user_name,
                "display_name": one.display_name,
                "role": one.role,
                "began_on": day_of(now_ms),
                "status": OPEN,
            },
            happened_at=now_ms,
        )
        for one in sign_ins
        if one.code in first.values()
    )
    store.write(Act(actor=by.staff_id, device="demonstration", drafts=drafts))


def hire(accounts: Accounts, sign_ins: Sequence[SignIn]) -> None:
    """Opens an account for each."""
    for one in sign_ins:
        accounts.open_account(
            NewAccount(
                staff=one.staff_id,
                user_name=one.user_name,
                display_name=one.display_name,
                role=one.role,
                password=one.password,
            )
        )


class DoorLine:
    """A line that ends at the hub's door in the same program."""

    def __init__(self, hub: OpStore, estate: Estate) -> None:
        """Every spoke of the estate may call."""
        keys = {node.node_id: node.key for node in estate.spokes}
        self._door = HubDoor(hub, keys.get)

    async def carry(self, request: bytes) -> bytes:
        """The hub's answer, at once."""
        visit = self._door.receive(request)
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None, "the last answer of a visit says something"
        return answer

    async def close(self) -> None:
        """Nothing to let go of."""


class _PastClock:
    """A clock at the moments of acts long done, until it is let go on by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.past_ms: int | None = None

    def now_ms(self) -> int:
        """The moment of the act, or the present."""
        return self._clock.now_ms() if self.past_ms is None else self.past_ms


@contextmanager
def _open(
    folder: Path,
    node: EstateNode,
    sign_ins: Sequence[SignIn],
    clock: Clock,
    duties: HubDuties | None = None,
) -> Iterator[OpStore]:
    """The store of a node, whose accounts are opened as it is closed: their time is the present."""
    paths = paths_of(folder_of(folder, node))
    with closing(open_store(paths, node, duties, clock=clock)) as store:
        yield store
        hire(open_accounts(store, paths), [one for one in sign_ins if one.code == node.code])


def _late_duties(estate: Estate, clock: Clock) -> HubDuties:
    """The hub's, who may hold whom is asked once and not after each of all the moves there were."""
    return msgspec.structs.replace(duties_of(estate, clock), scope_kinds=frozenset())


def _write(
    store: OpStore, name: str, acts: Sequence[WrittenAct], progress: Progress, clock: _PastClock
) -> None:
    for start in range(0, len(acts), ACTS_AT_ONCE):
        progress(name, start, len(acts))
        # Nobody waits for a receipt here, so one durable commit serves many acts.
        with store.changing():
            for act in acts[start : start + ACTS_AT_ONCE]:
                clock.past_ms = act.at_ms
                store.write(act.act())
    clock.past_ms = None
    progress(name, len(acts), len(acts))


def _let_hold(hub: OpStore, estate: Estate, made: Caseload) -> None:
    """Every office is let hold whom it has a reason to hold now, and who works there."""
    places = {place_subject(node.code) for node in estate.spokes}
    people = {
        SubjectId(draft.subjects[0])
        for act in made.acts
        for draft in act.drafts
        if draft.kind == "person"
    }
    core = hub.core
    with core.transaction():
        hub.ingest_side.scope.ask_again(people | places)
        core.name_commit()
        core.note_change()


async def _exchange(spoke: OpStore, line: DoorLine, hub: EstateNode) -> None:
    """The office has everybody whom it may hold, and knows that it has what the centre has."""
    driver = SyncDriver(spoke, line, hub.node_id, hub.key)
    for _ in range(EXCHANGES_MAX):
        await driver.exchange()
        if spoke.spoke.differences.is_equal:
            return
    raise AssertionError(f"a new store comes to agree: {driver.status().fault}")
