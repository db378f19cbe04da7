"""A store that holds named values alone, for the keeper of a lease."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sync_protocol.io.lease_keeper import LeaseKeeper


class FakeStore:
    """What a keeper needs of a core, whose clocks the test sets."""

    def __init__(self, wall_ms: int) -> None:
        """Nothing is stored, and nothing has run."""
        self.wall_ms = wall_ms
        self.ran_ms = 0
        self.kept: dict[str, Any] = {}
        self.when_others_wrote: list[Callable[[], None]] = []
        self.parts = SimpleNamespace(
            steady_ms=lambda: self.ran_ms, clock=SimpleNamespace(now_ms=lambda: self.wall_ms)
        )
        self.keeper = LeaseKeeper(self)  # type: ignore[arg-type] # all that it asks is here

    def start_anew(self, ran_ms: int) -> None:
        """The program was killed, and the machine has run so long when it starts again."""
        self.ran_ms = ran_ms
        self.keeper = LeaseKeeper(self)  # type: ignore[arg-type] # all that it asks is here
        self.keeper.load()

    def is_open(self) -> bool:
        """Whether anything may be shown now."""
        return not self.keeper.tenure().why_locked

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything is durable at once."""
        yield

    def meta(self, name: str, default: Any = None) -> Any:
        """One named value."""
        return self.kept.get(name, default)

    def set_meta(self, values: Mapping[str, Any]) -> None:
        """Write named values."""
        self.kept |= values

    def place(self) -> Any:
        """The node has written nothing."""
        return SimpleNamespace(hlc=0)
