"""Fills a new estate: accounts at every node, and the people, written as acts at the nodes.

It works on the stores themselves, before any node runs; what it writes is exchanged afterwards
like any other op.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from casework.access.accounts import Accounts, NewAccount
from sync_protocol.author import Act
from sync_protocol.io.system_clock import SystemClock
from throughcare.estate import Estate, EstateNode, NodeFolder, folder_of, write_private
from throughcare.making import LOADED_NAME, Loaded, SignIn, offices_of, read_sign_ins
from throughcare.people.made import OfficeAct, make_pairs, make_people
from throughcare.stores import open_accounts, open_store, paths_of

ACTS_AT_ONCE: Final = 50

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


def load_estate(
    folder: Path, estate: Estate, *, people: int, seed: int, progress: Progress
) -> Loaded:
    """Opens every account and writes every person; says so on disk once all of it is there."""
    sign_ins = read_sign_ins(folder)
    now_ms = SystemClock().now_ms()
    made = make_people(people, offices=offices_of(estate, sign_ins), seed=seed, now_ms=now_ms)
    acts = [OfficeAct(one.office, act) for one in made for act in one.acts]
    acts += make_pairs(made, seed=seed, now_ms=now_ms)
    for node in estate.nodes:
        own = [one.act for one in acts if one.office == node.code]
        _load_node(folder_of(folder, node), node, sign_ins, own, progress)
    loaded = Loaded(people, sum(len(one.act.drafts) for one in acts), seed)
    write_private(folder / LOADED_NAME, msgspec.json.encode(loaded))
    return loaded


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


def _load_node(
    own: NodeFolder,
    node: EstateNode,
    sign_ins: Sequence[SignIn],
    acts: Sequence[Act],
    progress: Progress,
) -> None:
    store = open_store(paths_of(own), node)
    try:
        hire(
            open_accounts(store, paths_of(own)), [one for one in sign_ins if one.code == node.code]
        )
        for start in range(0, len(acts), ACTS_AT_ONCE):
            progress(node.name, start, len(acts))
            # Nobody waits for a receipt here, so one durable commit serves many acts.
            with store.changing():
                for act in acts[start : start + ACTS_AT_ONCE]:
                    store.write(act)
        progress(node.name, len(acts), len(acts))
    finally:
        store.close()
