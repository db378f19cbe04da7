"""Loads a synthetic estate: a new estate on disk whose centre has taken over everybody's record.

It is what a centre does that replaces an earlier system: the acts are written at the centre, in the
order of time, through the author and into the real store; an office is sent its people when it
first exchanges. `throughcare demo --dir` runs what was loaded.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.errors import Refused
from sync_protocol.io.op_store import OpStore
from throughcare.estate import Estate, Place, folder_of, write_private
from throughcare.loading import ACTS_AT_ONCE, hire
from throughcare.making import (
    LOADED_NAME,
    SPOKES_MAX,
    Loaded,
    NotOurs,
    make_estate,
    read_sign_ins,
    write_settings,
)
from throughcare.people import shelf
from throughcare.people.pen import WrittenAct
from throughcare.stores import duties_of, open_accounts, open_store, paths_of

PORT_BASE: Final = 8400


class TooManyOffices(Refused):
    """An estate on one machine has not so many offices."""

    code = "too_many_offices"
    hint = f"Generate fewer people: an estate here has {SPOKES_MAX} offices at the most."


def load(source: Path, into: Path, progress: shelf.Progress) -> Loaded:
    """A new estate in an empty folder with everybody of a generated one; told in acts written.

    BrokenEstate where the generated one is not whole; NotOurs where `into` holds something.
    """
    manifest = shelf.read_manifest(source)
    if len(manifest.offices) > SPOKES_MAX:
        raise TooManyOffices(f"{source} has {len(manifest.offices)}.")
    if into.exists() and any(into.iterdir()):
        raise NotOurs(f"{into} is not empty.")
    places = [
        Place("prison" if office.kind == "prison" else "probation", office.code)
        for office in manifest.offices
    ]
    estate = make_estate(into, places, PORT_BASE)
    write_settings(into, estate)
    _open_accounts(into, estate)
    _write_all(into, estate, shelf.read_acts(source, manifest), manifest, progress)
    loaded = Loaded(manifest.plan.people, manifest.ops, manifest.plan.seed)
    write_private(into / LOADED_NAME, msgspec.json.encode(loaded))
    return loaded


def _open_accounts(folder: Path, estate: Estate) -> None:
    sign_ins = read_sign_ins(folder)
    for node in estate.nodes:
        paths = paths_of(folder_of(folder, node))
        store = open_store(paths, node)
        try:
            hire(open_accounts(store, paths), [one for one in sign_ins if one.code == node.code])
        finally:
            store.close()


def _write_all(
    folder: Path,
    estate: Estate,
    acts: Iterable[WrittenAct],
    manifest: shelf.Manifest,
    progress: shelf.Progress,
) -> None:
    total = sum(one.acts for one in manifest.cohorts)
    hub = estate.hub
    store = open_store(paths_of(folder_of(folder, hub)), hub, duties_of(estate))
    try:
        done, waiting = 0, iter(acts)
        while written := _write_some(store, waiting):
            done += written
            progress(done, total)
    finally:
        store.close()


def _write_some(store: OpStore, acts: Iterable[WrittenAct]) -> int:
    """Writes the next acts in one durable commit: nobody waits for a receipt here."""
    batch = list(islice(acts, ACTS_AT_ONCE))
    with store.changing():
        for act in batch:
            store.write(act.act())
    return len(batch)
