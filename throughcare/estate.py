"""The estate file: which nodes belong together, where they are, and whom each may believe.

It names every node's id, place, address and public keys, and nothing secret. The hub refuses a node
that is not in it; an edge believes only the hub in it. One folder on disk holds the file and a
folder for each node:

    <folder>/estate.json
    <folder>/recovery.key            of a demonstration alone: the real one is kept offline
    <folder>/<CODE>/{store.db,store.key,signing.key,box.key,backups/,log.txt,settings.env}
"""

import os
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE, Refused
from sync_protocol.ids import ID_BYTES, NodeId

ESTATE_NAME: Final = "estate.json"
CENTRE_CODE: Final = "CENTRE"
RECOVERY_NAME: Final = "recovery.key"
PUBLIC_KEY_BYTES: Final = 32
PRIVATE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700

PlaceKind = Literal["centre", "prison", "probation"]
Purpose = Literal["production", "demonstration", "test"]
PURPOSES: Final[tuple[Purpose, ...]] = ("production", "demonstration", "test")


class BadEstate(Refused):
    """The estate file cannot be used."""

    code = "bad_estate"
    hint = "Correct it, or make the estate again with: throughcare demo --fresh"


class Place(msgspec.Struct, frozen=True):
    """Where a node stands: a prison, a probation delivery unit, or the centre; and its code."""

    kind: PlaceKind
    code: str


class EstateNode(msgspec.Struct, frozen=True):
    """One node as the whole estate knows it; ids and keys are lower-case hex.

    `public_key` proves what the node signed; to `box_key` is sealed what it alone may open.
    """

    id: str
    name: str
    place: Place
    url: str
    public_key: str
    box_key: str = ""

    @property
    def node_id(self) -> NodeId:
        """The id as the protocol carries it."""
        return NodeId(bytes.fromhex(self.id))

    @property
    def code(self) -> str:
        """The code of its place, by which staff and folders name it."""
        return self.place.code

    @property
    def key(self) -> bytes:
        """Its public key, 32 bytes."""
        return bytes.fromhex(self.public_key)

    @property
    def host(self) -> str:
        """The machine that it is found at."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port it listens on."""
        return urlsplit(self.url).port or 0


class Estate(msgspec.Struct, frozen=True):
    """One hub and its spokes.

    `recovery_key` is the public part of the key that opens what sites sealed when they let go of
    people; its secret is kept offline. `purpose` is what the estate is for: some of what is of use
    in a demonstration or a test is refused in production.
    """

    name: str
    hub: EstateNode
    spokes: tuple[EstateNode, ...]
    recovery_key: str = ""
    purpose: Purpose = "production"

    @property
    def nodes(self) -> tuple[EstateNode, ...]:
        """The hub first, then the spokes in the file's order."""
        return (self.hub, *self.spokes)

    def node(self, code_or_id: str) -> EstateNode:
        """The node with this code (in either case) or id; BadEstate where there is none."""
        for node in self.nodes:
            if code_or_id.lower() in (node.id, node.code.lower()):
                return node
        known = ", ".join(node.code for node in self.nodes)
        raise BadEstate(f"It has no node {code_or_id}; it knows {known}.")


class NodeFolder(msgspec.Struct, frozen=True):
    """Where one node keeps what is its own; nothing outside this folder belongs to it."""

    path: Path

    @property
    def store(self) -> Path:
        """The encrypted store."""
        return self.path / "store.db"

    @property
    def store_key(self) -> Path:
        """The key of the store: without it the store is noise."""
        return self.path / "store.key"

    @property
    def signing_key(self) -> Path:
        """The private key that the node signs its ops with."""
        return self.path / "signing.key"

    @property
    def box_key(self) -> Path:
        """The private key that opens what is sealed to the node."""
        return self.path / "box.key"

    @property
    def backups(self) -> Path:
        """Verified copies of the store, encrypted under the same key."""
        return self.path / "backups"

    @property
    def log(self) -> Path:
        """What the node printed."""
        return self.path / "log.txt"

    @property
    def settings(self) -> Path:
        """The environment it is started with."""
        return self.path / "settings.env"

    @property
    def pid(self) -> Path:
        """The number of the running program, where one runs."""
        return self.path / "pid"

    def make(self) -> None:
        """Creates the folder, for its owner alone."""
        self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.backups.mkdir(mode=FOLDER_MODE, exist_ok=True)


def folder_of(folder: Path, node: EstateNode) -> NodeFolder:
    """Where this node of the estate in `folder` lives."""
    return NodeFolder(folder / node.code)


def read_estate(path: Path) -> Estate:
    """The estate in this file; raises BadEstate with every fault found in it."""
    try:
        estate = msgspec.json.decode(path.read_bytes(), type=Estate)
    except FileNotFoundError as fault:
        raise BadEstate(f"There is no file {path}.") from fault
    except OSError as fault:
        raise BadEstate(f"{path} cannot be read: {fault.strerror}.") from fault
    except DOES_NOT_DECODE as fault:
        raise BadEstate(f"{path}: {fault}.") from fault
    faults = faults_of(estate)
    if faults:
        raise BadEstate(f"{path}: {'; '.join(faults)}.")
    return estate


def write_estate(path: Path, estate: Estate) -> None:
    """Puts the file in place whole: a reader sees the former one or this one."""
    faults = faults_of(estate)
    assert not faults, f"an estate we made is sound: {faults}"
    write_private(path, msgspec.json.format(msgspec.json.encode(estate), indent=2) + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def faults_of(estate: Estate) -> list[str]:
    """Everything that keeps this estate from being used, in words."""
    faults = [fault for node in estate.nodes for fault in _faults_of_node(node)]
    for what, values in (
        ("id", [node.id for node in estate.nodes]),
        ("public key", [node.public_key for node in estate.nodes]),
        ("box key", [node.box_key for node in estate.nodes if node.box_key]),
        ("code", [node.code for node in estate.nodes]),
    ):
        twice = sorted({value for value in values if values.count(value) > 1})
        faults += [f"two nodes have the {what} {value}" for value in twice]
    if estate.recovery_key and not _is_hex(estate.recovery_key, PUBLIC_KEY_BYTES):
        faults.append(f"the recovery key must be {2 * PUBLIC_KEY_BYTES} hex digits")
    if estate.hub.place.kind != "centre":
        faults.append("the hub's place must be of kind centre")
    faults += [f"{n.code}: only the hub is the centre" for n in estate.spokes if _is_centre(n)]
    return faults


def _faults_of_node(node: EstateNode) -> list[str]:
    faults = []
    if not _is_hex(node.id, ID_BYTES):
        faults.append(f"{node.code}: the id must be {2 * ID_BYTES} lower-case hex digits")
    if not _is_hex(node.public_key, PUBLIC_KEY_BYTES):
        faults.append(f"{node.code}: the public key must be {2 * PUBLIC_KEY_BYTES} hex digits")
    if node.box_key and not _is_hex(node.box_key, PUBLIC_KEY_BYTES):
        faults.append(f"{node.code}: the box key must be {2 * PUBLIC_KEY_BYTES} hex digits")
    if not node.code.isalnum():
        faults.append(f"{node.code!r}: the place's code may hold letters and digits only")
    if not _is_address(node.url):
        faults.append(f"{node.code}: {node.url!r} is not an address like http://127.0.0.1:8400")
    return faults


def _is_hex(text: str, size: int) -> bool:
    return len(text) == 2 * size and all(one in "0123456789abcdef" for one in text)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        return False


def _is_centre(node: EstateNode) -> bool:
    return node.place.kind == "centre"
