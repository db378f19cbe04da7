"""Forms being filled in, so that going back or a second press loses and doubles nothing.

Each filling-in of a form has a token, in its address and in the form. What was typed is kept in
memory under it, for its own session only, until the session ends or a day's work is over: it is no
record, and is never written to the store. Once saved, the token answers with its receipt instead of
saving again; the receipt is in the store as well, and outlives this memory.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from casework.desk.people import DuplicateCandidate
from casework.desk.writing import FieldChange

TOKEN_BYTES: Final = 16
DRAFTS_MAX: Final = 4_000
ASIDE_MAX: Final = 200
KEPT_MS_MAX: Final = 12 * 60 * 60_000


class Receipt(msgspec.Struct, frozen=True):
    """What was saved, as the next page tells it."""

    title: str
    number: str
    go: str


class Draft(msgspec.Struct, frozen=True):
    """One filling-in of a form, as far as it has come."""

    began_ms: int
    seen: str = ""
    values: Mapping[str, str] = {}
    faults: Mapping[str, str] = {}
    changes: tuple[FieldChange, ...] = ()
    seen_now: str = ""
    candidates: tuple[DuplicateCandidate, ...] = ()
    receipt: Receipt | None = None
    shown: Mapping[str, str] = {}
    """The answers that the form was opened with."""


class Drafts:
    """The drafts of all sessions of one node; safe to use from several threads."""

    def __init__(self, now_ms: Callable[[], int], chance: Callable[[int], bytes]) -> None:
        """Start with none."""
        self._now_ms = now_ms
        self._chance = chance
        self._drafts: OrderedDict[tuple[str, str], Draft] = OrderedDict()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._aside: OrderedDict[str, Any] = OrderedDict()
        self._guard = threading.Lock()

    def begin(self, owner: str, *, seen: str, values: Mapping[str, str]) -> str:
        """The token of a new draft."""
        token = self._chance(TOKEN_BYTES).hex()
        self.keep(owner, token, Draft(self._now_ms(), seen=seen, values=values, shown=values))
        return token

    def find(self, owner: str, token: str) -> Draft | None:
        """The draft of this session with this token."""
        with self._guard:
            draft = self._drafts.get((owner, token))
        if draft is None or self._now_ms() - draft.began_ms > KEPT_MS_MAX:
            return None
        return draft

    def keep(self, owner: str, token: str, draft: Draft) -> None:
        """Keep the draft as it is now; beyond the limit, those untouched longest go."""
        with self._guard:
            self._drafts[owner, token] = draft
            self._drafts.move_to_end((owner, token))
            while len(self._drafts) > DRAFTS_MAX:
                gone, _ = self._drafts.popitem(last=False)
                self._locks.pop(gone, None)

    @contextmanager
    def one_at_a_time(self, owner: str, token: str) -> Iterator[None]:
        """Two presses of one form wait for each other, so the second finds the first's receipt."""
        with self._guard:
            lock = self._locks.setdefault((owner, token), threading.Lock())
        with lock:
            yield

    def set_aside(self, owner: str, kept: Any) -> None:
        """Keep what was sent from a screen that had locked, for whoever gives its password."""
        with self._guard:
            self._aside[owner] = kept
            while len(self._aside) > ASIDE_MAX:
                self._aside.popitem(last=False)

    def take_aside(self, owner: str) -> Any:
        """What was set aside, once; None where nothing was."""
        with self._guard:
            return self._aside.pop(owner, None)

    def forget(self, owner: str) -> None:
        """Drop what a session that ends had typed and not saved."""
        with self._guard:
            self._aside.pop(owner, None)
            for key in [key for key in self._drafts if key[0] == owner]:
                del self._drafts[key]
                self._locks.pop(key, None)
