"""A desk at a real store in a folder of the test, with a clock that the test moves by hand."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casework.access.accounts import Accounts, NewAccount
from casework.access.caller import Caller, PlaceKind, Role
from casework.access.heard import Heard
from casework.access.posts import Posts
from casework.access.sessions import Sessions
from casework.desk.desk import Desk, EstateNode, Place
from casework.records import REGISTRY, WHOLE_REGISTRY
from casework.records.files import RESTRICTED_FILE, file_subject
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreParts
from tests.boxes import boxes_for

NOON_MS = 1_795_348_800_000
PASSWORD = "three plain words"
STORE_KEY = bytes(range(32))

PLACES: Mapping[str, Place] = {
    "LEI": Place("prison", "LEI", "Leeds (HMP)"),
    "BXI": Place("prison", "BXI", "Brixton (HMP)"),
    "N55LEE": Place("probation", "N55LEE", "Leeds"),
    "CENTRE": Place("centre", "CENTRE", "The centre"),
}


def node_id(code: str) -> NodeId:
    """The id of a test's node."""
    return NodeId(code.encode().ljust(16, b"."))


NODES = {node_id(code): EstateNode(node_id(code), code, place) for code, place in PLACES.items()}


_BEGUN: dict[tuple[Any, ...], tuple[bytes, Any]] = {}
"""The stores of offices as they were first made: a copy takes a third of the time."""


class HandClock:
    """Tells the time that the test set."""

    def __init__(self, now: int = NOON_MS) -> None:
        """Begin at `now`, UTC ms."""
        self.now = now

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return self.now

    def pass_ms(self, span_ms: int) -> None:
        """Let time pass."""
        self.now += span_ms


class Office:
    """One node: store, desk, accounts and sessions, and a member of staff who is signed in."""

    def __init__(
        self, folder: Path, code: str = "LEI", clock: HandClock | None = None, **parts: Any
    ) -> None:
        """Open or make the store in `folder`; `parts` are what else the store is handed."""
        self.clock = clock or HandClock()
        self.path = folder / f"{code}.db"
        drawing = random.Random(code)
        chance = drawing.randbytes
        self._parts = {"chance": chance, "clock": self.clock, **parts}
        begun = (code, self.clock.now, frozenset(parts))
        if not self.path.exists():
            if begun not in _BEGUN:
                self._open(code).close()
                _BEGUN[begun] = self.path.read_bytes(), drawing.getstate()
            image, drawn = _BEGUN[begun]
            self.path.write_bytes(image)
            drawing.setstate(drawn)
        self.store = self._open(code)
        now_ms = self.clock.now_ms
        self.heard = Heard(self.store, now_ms)
        self.posts = Posts(
            code,
            node_id("CENTRE"),
            now_ms,
            heard=None if code == "CENTRE" else self.heard,
        )
        self.accounts = Accounts(self.store, now_ms, chance, b"pepper", posts=self.posts)
        self.sessions = Sessions(self.store, now_ms, chance, self.posts)
        self.desk = Desk(
            store=self.store,
            registry=REGISTRY,
            node=NODES[node_id(code)],
            nodes=NODES,
            staff_name=self.accounts.display_name,
            now_ms=self.clock.now_ms,
            chance=chance,
        )

    def _open(self, code: str) -> OpStore:
        boxes = boxes_for(node_id(code), node_id("CENTRE"), self._parts["chance"])
        return OpStore(
            StoreParts(
                node=node_id(code),
                registry=WHOLE_REGISTRY,
                signer=self.signer(code),
                writer=open_encrypted(self.path, STORE_KEY),
                open_reader=lambda: open_encrypted(self.path, STORE_KEY),
                is_hub=code == "CENTRE",
                guard=lambda person: file_subject(person, RESTRICTED_FILE),
                label=code,
                boxes=boxes,
                **self._parts,
            )
        )

    @staticmethod
    def signer(code: str) -> KeySigner:
        """The signing key of a test's node."""
        return KeySigner(code.encode().ljust(32, b"."))

    @property
    def place_kind(self) -> PlaceKind:
        """What sort of place it is."""
        return self.desk.place.kind

    def hire(self, user_name: str = "ash", role: Role = "staff") -> Caller:
        """A new member of staff, at a terminal."""
        staff = ActorId(user_name.encode().ljust(16, b"."))
        name = user_name.title()
        account = NewAccount(staff, user_name, name, role, PASSWORD)
        self.accounts.open_account(account)
        return Caller(staff, name, account.role, "terminal-1")

    def audit(self) -> list[tuple[str, bytes | None]]:
        """Every audit line as (act, subject), oldest first."""
        with self.store.reading() as reading:
            rows = reading.select("SELECT act, subject FROM audit ORDER BY line_no")
        return [(str(act), subject) for act, subject in rows]


class Offices:
    """Offices of one test, each in the test's folder."""

    def __init__(self, folder: Path) -> None:
        """Keep where the stores go."""
        self.folder = folder
        self.clock = HandClock()

    def open(self, code: str = "LEI") -> Office:
        """An office by its code, on the clock they all share."""
        return Office(self.folder, code, self.clock)
