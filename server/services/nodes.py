"""The directory of nodes: who is invited, waits, is active or revoked, under which keys.

It lives in the hub's own store and never travels. Each act is in the audit, in the transaction that
does it, under the name of whoever did it: of an enrolment that is two people (S3). A code is kept
as a digest, counts once and for a day, and guesses at codes are counted (S1). Which key a node has
is asked with every exchange, so that is kept in memory and read again whenever it has changed, be
it by another program.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from casework.access.admission import renewal_claim
from casework.access.enrolment import (
    CODE_LIFE_MS,
    Code,
    Enrolment,
    check_enrolment,
    code_digest,
    new_code,
    read_code,
    words_digest,
)
from casework.access.six_words import is_said, words_of
from server.services.authority import Authority, is_due
from server.services.node_entries import (
    ENTRY,
    GIVEN,
    SEED,
    SEEDED,
    TABLES,
    WAITING,
    CodeRefused,
    Entry,
    Given,
    Named,
    NewPlace,
    NodeRequest,
    NotLetIn,
    OtherWords,
    PlaceTaken,
    SameApprover,
    StillWaits,
    TooManyGuesses,
    Waiting,
    end_others,
    entry_of,
    place_values,
    waiting_request,
)
from sync_protocol.errors import BadSignature, NotFound, Refused
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.audit_trail import AuditLine, add_lines
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.revoked import revoked_nodes
from sync_protocol.io.revoking import reinstate
from sync_protocol.keys import KeyChange
from sync_protocol.seal import check_signature

GUESSES_MAX: Final = 20
"""In one hour, of all addresses together: 128 bits are not guessed, and an estate enrols few."""
GUESSES_MS: Final = 60 * 60_000
LOOK_EVERY_MS: Final = 1_000
"""How often at most it is looked for a stranger whether another program has let them in."""


class NodeDirectory:
    """Every node of the estate but the hub, in the hub's store."""

    def __init__(
        self, store: OpStore, authority: Authority, hub_key: bytes, chance: Callable[[int], bytes]
    ) -> None:
        """Make the tables where they are not there."""
        self._store = store
        self._authority = authority
        self._hub_key = hub_key
        self._chance = chance
        self._now_ms = store.core.parts.clock.now_ms
        self._keys: Mapping[NodeId, bytes] = {}
        self._looked_ms = 0
        self._shut_ms = 0
        self.when_changed: list[Callable[[], None]] = []
        """Called when another node has been let in, or one has another key."""
        with store.changing() as connection:
            for table in TABLES:
                connection.execute(table)
            self._read_keys()
        store.core.when_others_wrote.append(self._read_keys)

    def seed(self, named: Iterable[Named]) -> None:
        """The nodes that the estate file names count by their names: no more and no fewer.

        One that has been enrolled since has the keys under which it was, whatever the file says.
        """
        with self._store.changing() as connection:
            kept = {one.node for one in named}
            for (node,) in list(connection.execute(SEEDED)):
                if node not in kept:
                    connection.execute("DELETE FROM node_entry WHERE node = ?", (node,))
            for one in named:
                values = (one.node, *place_values(one.place), one.signing_key, one.box_key)
                connection.execute(SEED, values)
        self._look_again()

    def key_of(self, node: NodeId) -> bytes | None:
        """The key by which a node was enrolled; None where it is not, or not yet.

        A revoked node is known still: it is told to lock, which a stranger is not. Called by
        whoever may wait for the store's writer: what another program has just done counts.
        """
        with self._store.core.transaction():
            return self._keys.get(node)

    def knows(self, node: NodeId) -> bool:
        """Whether a node was let in, as far as this program has heard; waits for nothing."""
        return node in self._keys

    def knows_now(self, node: NodeId) -> bool:
        """As `knows`, having looked for what another program may have done; it may wait."""
        now_ms = self._now_ms()
        if abs(now_ms - self._looked_ms) >= LOOK_EVERY_MS:
            self._looked_ms = now_ms
            return self.key_of(node) is not None
        return self.knows(node)

    def entries(self) -> list[Entry]:
        """Every node, by its place's code."""
        with self._store.changing() as connection:
            revoked = revoked_nodes(connection)
            rows = connection.execute(f"{ENTRY} ORDER BY place_code, node")
            return [entry_of(row, revoked) for row in rows]

    def entry(self, code: str) -> Entry:
        """The node at a place; raises NotFound where it has none."""
        for one in self.entries():
            if one.place_code == code:
                return one
        raise NotFound(f"a node at {code}")

    def is_revoked(self, node: NodeId) -> bool:
        """Whether a node is revoked now."""
        with self._store.changing() as connection:
            return node in revoked_nodes(connection)

    def plan(self, node: NodeId, place: NewPlace, actor: ActorId, why: str) -> None:
        """A place that is to have a node, which nobody was given a code for; PlaceTaken."""
        with self._store.changing() as connection:
            self._put(connection, node, place)
            self._witness(actor, "plan_node", node, why)

    def invite(self, node: NodeId, place: NewPlace, inviter: ActorId, why: str) -> Code:
        """A code for a node that is new, or whose box was lost; told once, and kept by nobody.

        An earlier code of this node counts no more. What an active node may do stays until the
        new box is approved.
        """
        code, now_ms = new_code(self._chance), self._now_ms()
        with self._store.changing() as connection:
            self._put(connection, node, place)
            end_others(connection, node, now_ms)
            connection.execute(
                "INSERT INTO node_invitation(code_digest, node, invited_by, invited_ms)"
                " VALUES (?, ?, ?, ?)",
                (code_digest(code), node, inviter, now_ms),
            )
            self._witness(inviter, "invite_node", node, why)
        return code

    def enrol(self, enrolment: Enrolment) -> tuple[str, ...]:
        """Take a new node's keys; it waits from now on. The six words that it must show too.

        Raises CodeRefused, TooManyGuesses where many were, and BadSignature.
        """
        self._check_guesses()
        try:
            digest = code_digest(read_code(enrolment.code))
            return self._take(enrolment, digest)
        except (Refused, BadSignature):
            # Counted in a transaction of its own: that of the refusal is undone.
            with self._store.changing() as connection:
                connection.execute("INSERT INTO node_guess VALUES (?)", (self._now_ms(),))
            raise

    def given(self) -> list[Given]:
        """The codes that count now and that nobody has used yet."""
        now_ms = self._now_ms()
        with self._store.changing() as connection:
            rows = connection.execute(GIVEN, (now_ms - CODE_LIFE_MS, now_ms))
            return [
                Given(node=NodeId(node), invited_by=ActorId(by), ends_ms=at_ms + CODE_LIFE_MS)
                for node, by, at_ms in rows
            ]

    def waiting(self) -> list[Waiting]:
        """The nodes that wait to be approved, the first to come first."""
        with self._store.changing() as connection:
            rows = list(connection.execute(f"{WAITING} ORDER BY used_ms, node"))
        found = [msgspec.convert(row, NodeRequest) for row in rows]
        return [
            Waiting(
                node=NodeId(one.node),
                invited_by=ActorId(one.invited_by),
                used_ms=one.used_ms,
                words=words_of(one.words),
            )
            for one in found
        ]

    def approve(self, node: NodeId, approver: ActorId, typed: str) -> None:
        """The node's new keys count from now on, and it has a certificate.

        Raises NobodyWaits, SameApprover and OtherWords. The keys that it had, of a box that was
        lost, are put away: what they sign is refused at the door.
        """
        now_ms = self._now_ms()
        with self._store.changing() as connection:
            request = waiting_request(connection, node)
            if approver == request.invited_by:
                raise SameApprover
            if not is_said(typed, request.words):
                raise OtherWords
            entry = entry_of(
                next(iter(connection.execute(f"{ENTRY} WHERE node = ?", (node,)))), frozenset()
            )
            if entry.signing_key is not None:
                self._put_away(connection, entry, request.signing_key)
            certificate = self._authority.sign(request.csr, node, entry.hosts, now_ms)
            connection.execute(
                "UPDATE node_entry SET state = 'active', signing_key = ?, box_key = ?,"
                " certificate = ? WHERE node = ?",
                (request.signing_key, request.box_key, certificate, node),
            )
            if node in revoked_nodes(connection):
                # Two people have seen the new box; what the old one sent stays in quarantine.
                reinstate(self._store.core, node)
            connection.execute(
                "UPDATE node_invitation SET approved_by = ?, ended_ms = ? WHERE code_digest = ?",
                (approver, now_ms, request.code_digest),
            )
            detail = f"{node.hex()} invited by {request.invited_by.hex()}"
            self._witness(approver, "approve_node", node, "", detail)
        self._look_again()

    def refuse(self, node: NodeId, actor: ActorId, why: str) -> None:
        """The node that waits is turned away; whoever was there before goes on."""
        with self._store.changing() as connection:
            waiting_request(connection, node)
            end_others(connection, node, self._now_ms())
            self._witness(actor, "refuse_node", node, why)

    def renew(self, node: NodeId, csr: bytes, signature: bytes) -> str:
        """The certificate of a node that asks under its signing key, new long before it runs out.

        Raises StillWaits where nobody has approved it yet, NotLetIn for a node that is not active,
        and BadSignature. One that is not due is answered with what it has: asking again costs
        nothing and signs nothing.
        """
        now_ms = self._now_ms()
        with self._store.changing() as connection:
            self._check_waiting(connection, node, csr, signature)
            rows = list(connection.execute(f"{ENTRY} WHERE node = ?", (node,)))
            entry = entry_of(rows[0], revoked_nodes(connection)) if rows else None
            if entry is None or entry.state != "active" or entry.signing_key is None:
                raise NotLetIn
            key = self._key_in_use(node, entry.signing_key)
            check_signature(key, renewal_claim(node, csr), signature)
            if entry.certificate is not None and not is_due(entry.certificate, csr, now_ms):
                return entry.certificate
            certificate = self._authority.sign(csr, node, entry.hosts, now_ms)
            connection.execute(
                "UPDATE node_entry SET certificate = ? WHERE node = ?", (certificate, node)
            )
            return certificate

    def _take(self, enrolment: Enrolment, digest: bytes) -> tuple[str, ...]:
        now_ms = self._now_ms()
        with self._store.changing() as connection:
            rows = connection.execute(
                "SELECT node, invited_by FROM node_invitation WHERE code_digest = ?"
                " AND used_ms IS NULL AND ended_ms IS NULL AND invited_ms BETWEEN ? AND ?",
                # A clock set back makes no code younger than it is.
                (digest, now_ms - CODE_LIFE_MS, now_ms),
            )
            found = next(iter(rows), None)
            if found is None:
                raise CodeRefused
            node = NodeId(found[0])
            check_enrolment(enrolment, node)
            words = words_digest(enrolment, node, self._hub_key, self._authority.digest)
            connection.execute(
                "UPDATE node_invitation SET used_ms = ?, signing_key = ?, box_key = ?, csr = ?,"
                " words = ? WHERE code_digest = ?",
                (now_ms, enrolment.signing_key, enrolment.box_key, enrolment.csr, words, digest),
            )
            connection.execute(
                "UPDATE node_entry SET state = 'waiting' WHERE node = ? AND state = 'invited'",
                (node,),
            )
            self._witness(ActorId(found[1]), "node_came", node, "")
        return words_of(words)

    def _check_guesses(self) -> None:
        now_ms = self._now_ms()
        if 0 <= now_ms - self._shut_ms < LOOK_EVERY_MS:
            # Whoever goes on guessing does not keep the store's one writer from others.
            raise TooManyGuesses
        with self._store.changing() as connection:
            connection.execute("DELETE FROM node_guess WHERE at_ms <= ?", (now_ms - GUESSES_MS,))
            count = next(iter(connection.execute("SELECT count(*) FROM node_guess")))[0]
        if count >= GUESSES_MAX:
            self._shut_ms = now_ms
            raise TooManyGuesses

    def _put(self, connection: Connection, node: NodeId, place: NewPlace) -> None:
        taken = connection.execute(
            "SELECT 1 FROM node_entry WHERE place_code = ? AND node <> ?", (place.code, node)
        )
        if list(taken):
            raise PlaceTaken(place.code)
        connection.execute(
            "INSERT INTO node_entry VALUES (?, ?, ?, ?, ?, ?, 'invited', NULL, NULL, NULL)"
            " ON CONFLICT(node) DO UPDATE SET name = excluded.name, hosts = excluded.hosts,"
            " port = excluded.port",
            (node, *place_values(place)),
        )

    def _check_waiting(
        self, connection: Connection, node: NodeId, csr: bytes, signature: bytes
    ) -> None:
        """Raise StillWaits for whoever waits to be let in as this node, and for nobody else."""
        for row in connection.execute(f"{WAITING} AND node = ?", (node,)):
            request = msgspec.convert(row, NodeRequest)
            try:
                check_signature(request.signing_key, renewal_claim(node, csr), signature)
            except BadSignature:
                continue
            raise StillWaits

    def _put_away(self, connection: Connection, entry: Entry, key: bytes) -> None:
        """The keys of a lost box sign nothing more, and what they had signed stays good."""
        assert entry.signing_key is not None, "only a node that was let in has a key to put away"
        now_ms = self._now_ms()
        connection.execute(
            "INSERT OR IGNORE INTO node_former_key VALUES (?, ?, ?)",
            (entry.node, entry.signing_key, now_ms),
        )
        last = self._key_in_use(entry.node, entry.signing_key)
        if last != key:
            # Two people vouch for this change, not the former key. A key is only ever followed
            # from the one that the directory names, so the former key comes back by nothing.
            self._store.core.keys.add(entry.node, [KeyChange(last, key, b"", b"")], now_ms)

    def _key_in_use(self, node: NodeId, first: bytes) -> bytes:
        """A node may have changed its key since it was enrolled."""
        return self._store.core.keys.in_use(node, first)[0]

    def _look_again(self) -> None:
        # After the change is committed: memory never knows of one that was undone.
        with self._store.changing():
            self._read_keys()

    def _read_keys(self) -> None:
        """Read who has which key, in the open transaction."""
        sql = "SELECT node, signing_key FROM node_entry WHERE signing_key IS NOT NULL"
        found = self._store.core.connection.execute(sql)
        self._keys = {NodeId(node): key for node, key in found}
        for tell in self.when_changed:
            tell()

    def _witness(self, actor: ActorId, act: str, node: NodeId, why: str, detail: str = "") -> None:
        line = AuditLine(actor=actor, act=act, why=why, detail=detail or node.hex())
        add_lines(self._store.core.connection, [line], self._now_ms())
