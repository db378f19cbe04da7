"""Fills a new estate: accounts at every node, and the people, written as acts at the nodes.

It works on the stores themselves, before any node runs; what it writes is exchanged afterwards
like any other op.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from casework.access.accounts import Accounts, NewAccount
from casework.records.files import place_subject, post_record
from casework.rules.rows import day_of
from sync_protocol.author import Act, Draft
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock
from sync_protocol.policy import OPEN
from throughcare.estate import Estate, folder_of, write_private
from throughcare.making import LOADED_NAME, Loaded, SignIn, offices_of, read_sign_ins
from throughcare.people.made import OfficeAct, make_pairs, make_people
from throughcare.stores import duties_of, open_accounts, open_store, paths_of

ACTS_AT_ONCE: Final = 50

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

    It is written at the time by which the nodes will live: one that finds its clock put back since
    it last wrote does not work.
    """
    sign_ins = read_sign_ins(folder)
    now_ms = clock.now_ms()
    made = make_people(people, offices=offices_of(estate, sign_ins), seed=seed, now_ms=now_ms)
    acts = [OfficeAct(one.office, act) for one in made for act in one.acts]
    acts += make_pairs(made, seed=seed, now_ms=now_ms)
    for node in estate.nodes:
        own = [one.act for one in acts if one.office == node.code]
        paths = paths_of(folder_of(folder, node))
        hired = [one for one in sign_ins if one.code == node.code]
        duties = duties_of(estate, clock) if node == estate.hub else None
        store = open_store(paths, node, duties, clock=clock)
        try:
            hire(open_accounts(store, paths), hired)
            _write(store, node.name, own, progress)
            if node == estate.hub:
                _appoint(store, estate, sign_ins)
        finally:
            store.close()
    loaded = Loaded(people, sum(len(one.act.drafts) for one in acts), seed)
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


def _write(store: OpStore, name: str, acts: Sequence[Act], progress: Progress) -> None:
    for start in range(0, len(acts), ACTS_AT_ONCE):
        progress(name, start, len(acts))
        # Nobody waits for a receipt here, so one durable commit serves many acts.
        with store.changing():
            for act in acts[start : start + ACTS_AT_ONCE]:
                store.write(act)
    progress(name, len(acts), len(acts))
