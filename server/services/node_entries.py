"""What the directory of nodes keeps: its tables, its rows and its refusals.

The acts are in `nodes`; nothing here decides anything.
"""

from typing import Any, Final, Literal

import msgspec

from casework.access.admission import STILL_WAITS
from server.services.authority import expires_ms
from sync_protocol.errors import NotFound, Refused, Unavailable
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.connection import Connection

State = Literal["invited", "waiting", "active", "revoked"]
PORT: Final = 8443
"""Where a node listens unless its place says otherwise."""
LOCAL: Final = "127.0.0.1"

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS node_entry (
        node BLOB PRIMARY KEY,
        place_kind TEXT NOT NULL,
        place_code TEXT NOT NULL,
        name TEXT NOT NULL,
        hosts TEXT NOT NULL,
        port INTEGER NOT NULL,
        state TEXT NOT NULL,
        signing_key BLOB,
        box_key BLOB,
        certificate TEXT
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS node_invitation (
        code_digest BLOB PRIMARY KEY,
        node BLOB NOT NULL,
        invited_by BLOB NOT NULL,
        invited_ms INTEGER NOT NULL,
        used_ms INTEGER,
        signing_key BLOB,
        box_key BLOB,
        csr BLOB,
        words BLOB,
        approved_by BLOB,
        ended_ms INTEGER
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS node_former_key (
        node BLOB NOT NULL,
        signing_key BLOB NOT NULL,
        ended_ms INTEGER NOT NULL,
        PRIMARY KEY (node, signing_key)
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS node_guess (at_ms INTEGER NOT NULL) STRICT""",
)
ENTRY: Final = (
    "SELECT node, place_kind, place_code, name, hosts, port, state, signing_key, box_key,"
    " certificate FROM node_entry"
)
SEEDED: Final = (
    "SELECT node FROM node_entry WHERE state = 'active' AND certificate IS NULL"
    " AND signing_key IS NOT NULL"
)
"""Nodes that the estate file has named and that were never enrolled."""
SEED: Final = (
    "INSERT INTO node_entry VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?, NULL) ON CONFLICT(node)"
    " DO UPDATE SET place_kind = excluded.place_kind, place_code = excluded.place_code,"
    " name = excluded.name, hosts = excluded.hosts, port = excluded.port,"
    " signing_key = excluded.signing_key, box_key = excluded.box_key"
    " WHERE state = 'active' AND certificate IS NULL"
)
GIVEN: Final = (
    "SELECT node, invited_by, invited_ms FROM node_invitation WHERE used_ms IS NULL"
    " AND ended_ms IS NULL AND invited_ms BETWEEN ? AND ? ORDER BY invited_ms, node"
)
WAITING: Final = (
    "SELECT code_digest, node, invited_by, used_ms, signing_key, box_key, csr, words"
    " FROM node_invitation WHERE used_ms IS NOT NULL AND ended_ms IS NULL"
)


class CodeRefused(Refused):
    """This code opens nothing: it is not known, was used, or is more than a day old."""

    code = "code_refused"
    hint = "Ask the centre for a new invitation; each code counts once, for 24 hours."


class StillWaits(Refused):
    """Nobody at the centre has let this node in yet."""

    code = STILL_WAITS
    hint = "Read the six words to another administrator there than the one who gave the code."


class NotLetIn(Refused):
    """The centre has not let this node in, or lets it in no more."""

    code = "not_let_in"
    hint = "Ask the centre whether it was refused or revoked; it can give a new code."


class TooManyGuesses(Unavailable):
    """Too many codes were tried that are none."""

    code = "too_many_guesses"
    hint = "Wait an hour. If nobody there was enrolling a node, somebody is guessing: look who."


class SameApprover(Refused):
    """Whoever invited a node cannot approve it."""

    code = "same_approver"
    hint = "Ask another administrator to compare the six words and to approve."


class OtherWords(Refused):
    """These are not the words of the node that waits."""

    code = "other_words"
    hint = "Have them read to you again. If they differ, refuse: somebody stands between."


class NobodyWaits(NotFound):
    """No node of this id waits to be approved."""

    code = "nobody_waits"
    hint = "Look at the list of waiting nodes again."


class PlaceTaken(Refused):
    """Another node is at this place already."""

    code = "place_taken"
    hint = "Invite that node again where its box was lost; a place has one node."


class NewPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node is to stand, and by which hosts it will be called."""

    kind: Literal["prison", "probation"]
    code: str
    name: str
    hosts: tuple[str, ...] = ()
    port: int = PORT


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A node that the estate file names."""

    node: NodeId
    place: NewPlace
    signing_key: bytes
    box_key: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the centre knows it."""

    node: NodeId
    place_kind: str
    place_code: str
    name: str
    hosts: tuple[str, ...]
    port: int
    state: State
    signing_key: bytes | None
    box_key: bytes | None
    certificate: str | None

    @property
    def certificate_ends_ms(self) -> int | None:
        """When its certificate runs out."""
        return expires_ms(self.certificate) if self.certificate else None

    @property
    def url(self) -> str:
        """Where its own staff find it, by the first of its hosts."""
        return f"https://{self.hosts[0] if self.hosts else LOCAL}:{self.port}"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A code that counts and was not used yet; the code itself nobody has kept."""

    node: NodeId
    invited_by: ActorId
    ends_ms: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A node that has used its code, and the words that both ends must see."""

    node: NodeId
    invited_by: ActorId
    used_ms: int
    words: tuple[str, ...]


class NodeRequest(msgspec.Struct, frozen=True, array_like=True):
    """What a node that waits has sent, and who invited it; a row of WAITING."""

    code_digest: bytes
    node: bytes
    invited_by: bytes
    used_ms: int
    signing_key: bytes
    box_key: bytes
    csr: bytes
    words: bytes


def place_values(place: NewPlace) -> tuple[str, str, str, str, int]:
    """The columns of a place."""
    return place.kind, place.code, place.name, " ".join(place.hosts), place.port


def end_others(connection: Connection, node: NodeId, now_ms: int) -> None:
    """No code of this node counts any more, and nobody waits under one."""
    connection.execute(
        "UPDATE node_invitation SET ended_ms = ? WHERE node = ? AND ended_ms IS NULL",
        (now_ms, node),
    )
    connection.execute(
        "UPDATE node_entry SET state = 'invited' WHERE node = ? AND state = 'waiting'", (node,)
    )


def waiting_request(connection: Connection, node: NodeId) -> NodeRequest:
    """What a node that waits has sent; raises NobodyWaits."""
    for row in connection.execute(f"{WAITING} AND node = ?", (node,)):
        return msgspec.convert(row, NodeRequest)
    raise NobodyWaits(node.hex())


def entry_of(row: tuple[Any, ...], revoked: frozenset[NodeId]) -> Entry:
    """A row of ENTRY; a revoked node is that before all else."""
    node, kind, code, name, hosts, port, state, signing_key, box_key, certificate = row
    return Entry(
        node=NodeId(node),
        place_kind=kind,
        place_code=code,
        name=name,
        hosts=tuple(hosts.split()),
        port=port,
        state="revoked" if node in revoked else state,
        signing_key=signing_key,
        box_key=box_key,
        certificate=certificate,
    )
