"""The estate as it is now: the nodes that its file names, and those that were let in since.

The centre hands out mappings that are always of now, so that an office is known to everything the
moment it is let in, and nothing has to be started again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from server.services.node_entries import ENTRY, Entry, Named, NewPlace, entry_of
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.key_ring import load_key
from throughcare.estate import Estate, EstateNode, Place

Key = TypeVar("Key")
Value = TypeVar("Value")
_HAS_NODES: Final = "SELECT 1 FROM sqlite_master WHERE name = 'node_entry'"


class Roster:
    """Who belongs to the estate, now."""

    def __init__(self, named: Estate) -> None:
        """Those of the file at first."""
        self._named = named
        self.now = named

    def take(self, entries: Iterable[Entry]) -> None:
        """Those of the file and these."""
        self.now = joined(self._named, entries)

    def mapping(self, read: Callable[[Estate], dict[Key, Value]]) -> Mapping[Key, Value]:
        """What `read` says of the estate, always of now."""
        return _OfNow(self, read)


class _OfNow(Mapping[Key, Value]):
    """A mapping that is replaced whole: who goes through it meets one estate, never two."""

    def __init__(self, roster: Roster, read: Callable[[Estate], dict[Key, Value]]) -> None:
        self._roster = roster
        self._read = read
        self._known = (roster.now, read(roster.now))

    def __getitem__(self, key: Key) -> Value:
        return self._whole()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def _whole(self) -> dict[Key, Value]:
        of, known = self._known
        if of is not self._roster.now:
            of = self._roster.now
            known = self._read(of)
            self._known = (of, known)
        return known


def joined(named: Estate, entries: Iterable[Entry]) -> Estate:
    """The estate of the file with these nodes, as far as they were let in."""
    known = {node.node_id: node for node in named.spokes}
    for one in entries:
        node = _node_of(one, known.get(one.node))
        if node is not None:
            known[one.node] = node
    return msgspec.structs.replace(named, spokes=tuple(known.values()))


def named_in(estate: Estate) -> list[Named]:
    """The nodes of the estate file, as the directory takes them."""
    return [
        Named(
            node=node.node_id,
            place=NewPlace(
                kind="prison" if node.place.kind == "prison" else "probation",
                code=node.code,
                name=node.name,
                hosts=(node.host,),
                port=node.port,
            ),
            signing_key=node.key,
            box_key=bytes.fromhex(node.box_key),
        )
        for node in estate.spokes
    ]


def estate_now(named: Estate, store: Path, store_key: Path) -> Estate:
    """The estate as the centre whose store this is knows it; that of the file where it is new."""
    if not store.is_file() or not store.stat().st_size:
        return named
    connection = open_encrypted(store, load_key(store_key), must_exist=True)
    try:
        if not connection.execute(_HAS_NODES):
            return named
        rows = connection.execute(ENTRY)
    finally:
        connection.close()
    return joined(named, [entry_of(row, frozenset()) for row in rows])


def _node_of(one: Entry, of_file: EstateNode | None) -> EstateNode | None:
    if one.signing_key is None or one.box_key is None:
        return None
    keys = {"public_key": one.signing_key.hex(), "box_key": one.box_key.hex()}
    if of_file is not None:
        return msgspec.structs.replace(of_file, **keys)
    place = Place("prison" if one.place_kind == "prison" else "probation", one.place_code)
    return EstateNode(id=one.node.hex(), name=one.name, place=place, url=one.url, **keys)
