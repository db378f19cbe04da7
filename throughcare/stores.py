"""Opens a node's store from its settings: keys, clock, chance and connections put together.

The only place that does so. A missing or wrong key is refused; a store is never opened as plain
text, and one that is there is never opened under a new key.
"""

import hmac
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from casework.access.accounts import Accounts
from casework.access.heard import Heard
from casework.access.posts import Posts
from casework.desk.holders import SCOPE_KINDS, holders_by
from casework.desk.reading_lock import TERMS
from casework.records import WHOLE_REGISTRY
from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.scope import Places
from sync_protocol.errors import Corrupt, Refused
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.backup import free_bytes, latest_backup
from sync_protocol.io.boxes import NO_BOXES, Boxes, box_public
from sync_protocol.io.connection import SqlConnection, open_encrypted
from sync_protocol.io.key_ring import (
    KeySigner,
    is_key_of,
    load_changes,
    load_key,
    load_names_key,
    load_signer,
)
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import Holders, StoreParts
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock, steady_ms, system_chance
from sync_protocol.keys import KeyChange
from sync_protocol.lease import Term
from sync_protocol.limits import LEAVES_FLOOR, ROOM_KEPT_BYTES
from sync_protocol.op import Op
from throughcare.estate import BadEstate, Estate, EstateNode, NodeFolder, write_private
from throughcare.roster import Roster

RELEASE: Final = version("throughcare")
SAFETY_KINDS: Final = frozenset({"alert", "restriction", "risk", "non_association", "break_glass"})
"""What takes effect before its turn: whoever meets the person must know it first."""

MADE: Final = ".made"

PEPPER_DOMAIN: Final = b"throughcare staff pepper v1"

HoldersOf = Callable[[Reading, SubjectId], Holders]


WRITER_KEPT_KIB: Final = {True: 32_768, False: 8_192}
"""Memory for the pages being written, at the hub and at a small box in an office."""


class NotThisNode(Refused):
    """The store belongs to another node than the settings name."""

    code = "not_this_node"
    hint = "Name the store that was made for this node, or correct the node in the settings."


class StoreLost(Corrupt):
    """This node had a store, and the file is gone or empty."""

    code = "store_lost"
    hint = (
        "Mount its disk, or put a backup in its place with: throughcare restore. Only where there "
        "is no backup anywhere, move away what is named above and start: the node begins empty, "
        "and has again what the centre sends it."
    )


class StorePaths(msgspec.Struct, frozen=True):
    """Where a node's store and its two keys are."""

    store: Path
    store_key: Path
    signing_key: Path

    @property
    def mark(self) -> Path:
        """A file that is there once the store was made: an empty start is then a lost store."""
        return self.store.with_name(self.store.name + MADE)

    def has_room(self) -> bool:
        """Whether the store's disk has more left than what is kept for the audit."""
        return free_bytes(self.store.parent) >= ROOM_KEPT_BYTES


class HubDuties(msgspec.Struct, frozen=True):
    """What only the hub's store is handed: who may hold whom, when that is asked again, which op
    takes somebody in, whom a restored hub awaits, and for how long each node may be read.
    """

    holders: HoldersOf
    scope_kinds: frozenset[str]
    spokes: frozenset[NodeId]
    is_reception: Callable[[Op], bool]
    term_of: Callable[[NodeId], Term | None] | None = None


def duties_of(
    estate: Estate, clock: Clock = SYSTEM_CLOCK, roster: Roster | None = None
) -> HubDuties:
    """What the hub of this estate is handed; with a roster, of whoever is let in later, too."""
    known = roster or Roster(estate)
    places = Places(known.mapping(_places_of))

    def is_reception(op: Op) -> bool:
        values = op.values
        is_arrival = op.header.kind == "movement" and values.get("direction") == "IN"
        return is_arrival and places.node_at(values.get("to_place")) == op.header.node

    spokes = frozenset(node.node_id for node in estate.spokes)
    terms = known.mapping(_terms_of)
    holders = holders_by(places, clock.now_ms)
    return HubDuties(holders, SCOPE_KINDS, spokes, is_reception, terms.get)


def _places_of(estate: Estate) -> dict[str, NodeId]:
    return {node.code: node.node_id for node in estate.spokes}


def _terms_of(estate: Estate) -> dict[NodeId, Term | None]:
    return {node.node_id: TERMS.get(node.place.kind) for node in estate.spokes}


def _box_keys_of(estate: Estate) -> dict[NodeId, bytes]:
    return {one.node_id: bytes.fromhex(one.box_key) for one in estate.nodes}


def check_not_lost(paths: StorePaths, backups: Path | None = None) -> None:
    """Raises StoreLost where there is no store and the mark or a backup says that there was one.

    SQLite takes an empty file for a new store: the node would start with nobody in it, and whoever
    works there would be told that nobody is known.
    """
    if paths.store.exists() and paths.store.stat().st_size > 0:
        return
    backup = latest_backup(backups) if backups is not None else None
    signs = [str(one) for one in (paths.mark, backup) if one is not None and one.exists()]
    if signs:
        what = "holds nothing" if paths.store.exists() else "is missing"
        raise StoreLost(f"{paths.store} {what}; that there was one is told by {', '.join(signs)}.")


def boxes_of(
    estate: Estate, node: EstateNode, box_key: Path, roster: Roster | None = None
) -> Boxes:
    """What this node opens and to whom it seals; NotThisNode where the key is another's.

    With a roster it seals to whoever is let in later, too.

    Raises MissingKey, and BadEstate where the estate does not name everybody's box key and the
    recovery key.
    """
    secret = load_key(box_key)
    public = box_public(secret).hex()
    lacking = [one.code for one in estate.nodes if not one.box_key]
    lacking += [] if estate.recovery_key else ["recovery"]
    if lacking:
        raise BadEstate(
            f"It names no box key of {', '.join(lacking)}; that of {node.code} is {public}. A "
            "demonstration gets them when it is started; else write the public keys into the file."
        )
    if public != node.box_key:
        raise NotThisNode(
            f"{box_key.name} is not the box key of {node.code} in the estate: its public part is "
            f"{public}."
        )
    return Boxes(
        secret,
        hub=estate.hub.node_id,
        public_keys=(roster or Roster(estate)).mapping(_box_keys_of),
        recovery=bytes.fromhex(estate.recovery_key),
    )


def open_store(
    paths: StorePaths,
    node: EstateNode,
    duties: HubDuties | None = None,
    *,
    boxes: Boxes = NO_BOXES,
    clock: Clock = SYSTEM_CLOCK,
) -> OpStore:
    """The store of this node, made where it is new.

    Raises MissingKey, ExposedKey, WrongKey or StoreLost.
    """
    key, (signer, changes) = load_key(paths.store_key), _signing(paths, node)
    paths.store.parent.mkdir(parents=True, exist_ok=True)
    check_not_lost(paths)
    is_hub = node.place.kind == "centre"
    writer = open_encrypted(paths.store, key, pages_kept_kib=WRITER_KEPT_KIB[is_hub])
    _check_own(writer, paths, node)
    store = OpStore(
        StoreParts(
            node=node.node_id,
            registry=WHOLE_REGISTRY,
            clock=clock,
            chance=system_chance,
            signer=signer,
            writer=writer,
            open_reader=lambda: open_encrypted(paths.store, key, must_exist=True),
            is_hub=is_hub,
            is_safety=is_safety,
            scope_kinds=duties.scope_kinds if duties is not None else frozenset(),
            spokes=duties.spokes if duties is not None else frozenset(),
            is_reception=duties.is_reception if duties is not None else _never,
            holders=duties.holders if duties is not None else _nobody,
            # A person is two files, of which one tells who may open the other.
            guard=_restrictions_of,
            leaves_floor=2 * LEAVES_FLOOR,
            boxes=boxes,
            label=node.code,
            release=RELEASE,
            has_room=paths.has_room,
            term_of=duties.term_of if duties is not None else None,
            steady_ms=steady_ms,
            key_changes=changes,
            names_key=load_names_key(paths.signing_key),
        )
    )
    if not paths.mark.exists():
        write_private(paths.mark, f"The store of {node.code} was made here.\n".encode())
    return store


def _signing(paths: StorePaths, node: EstateNode) -> tuple[KeySigner, tuple[KeyChange, ...]]:
    """What the node signs with, and how that followed from the key that the estate names."""
    signer, changes = load_signer(paths.signing_key), load_changes(paths.signing_key)
    if not is_key_of(signer, changes, node.node_id, node.key):
        raise NotThisNode(f"{paths.signing_key.name} is not the key of {node.code} in the estate.")
    return signer, changes


def _restrictions_of(person: SubjectId) -> SubjectId:
    return file_subject(person, RESTRICTED_FILE)


def open_accounts(store: OpStore, paths: StorePaths, posts: Posts | None = None) -> Accounts:
    """The staff accounts in a store; a copied store alone is not enough to guess at passwords.

    With `posts`, those whom the centre has named for the place have accounts too.
    """
    pepper = hmac.digest(load_key(paths.store_key), PEPPER_DOMAIN, "sha256")
    now_ms = store.core.parts.clock.now_ms
    return Accounts(store, now_ms, system_chance, pepper, run_ms=steady_ms, posts=posts)


def open_posts(store: OpStore, estate: Estate, node: EstateNode) -> Posts:
    """Who works at a node's place, as far as its store has heard from the centre."""
    now_ms = store.core.parts.clock.now_ms
    heard = Heard(store, now_ms) if node != estate.hub else None
    return Posts(node.code, estate.hub.node_id, now_ms, heard=heard)


def paths_of(own: NodeFolder) -> StorePaths:
    """Where a node of the estate keeps its store and keys."""
    return StorePaths(own.store, own.store_key, own.signing_key)


def is_safety(op: Op) -> bool:
    """Whether an op is sent ahead of its turn."""
    return op.header.kind in SAFETY_KINDS


def _check_own(writer: SqlConnection, paths: StorePaths, node: EstateNode) -> None:
    own = _own_node(writer.execute)
    if own is not None and own != node.node_id:
        writer.close()
        raise NotThisNode(f"{paths.store} is the store of node {own.hex()}.")


def _own_node(execute: Callable[[str], list[tuple[bytes]]]) -> NodeId | None:
    if not execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
        return None
    rows = execute("SELECT value FROM meta WHERE name = 'node'")
    return NodeId(rows[0][0]) if rows else None


def _never(_op: Op) -> bool:
    return False


def _nobody(_reading: Reading, _subject: SubjectId) -> Holders:
    return {}
