"""What access asks of the store: a transaction on this node's own tables, and a snapshot to read.

Accounts, sessions and first answers belong to one node and never travel; they live in the node's
encrypted store all the same, so that one key and one backup cover everything.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class LocalConnection(Protocol):
    """One open transaction on the node's own tables."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""


class LocalReading(Protocol):
    """One consistent snapshot."""

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query that changes nothing."""


class LocalStore(Protocol):
    """The part of the store that access needs."""

    def changing(self) -> AbstractContextManager[LocalConnection]:
        """A write transaction: durable when the block ends, undone when it raises; they nest."""

    def reading(self) -> AbstractContextManager[LocalReading]:
        """A snapshot to read from."""
