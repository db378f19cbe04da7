"""What a target of fuzzing is: a name, valid samples to begin from, and the attempt to read."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

ATTEMPT_S_MAX: Final = 5.0
"""INV-14: no input takes longer than this to be read or refused, on a slow machine too."""


class Slow(AssertionError):
    """An input took longer to read than any may."""


class Target(msgspec.Struct, frozen=True):
    """One decoder under attack.

    `attempt` says whether the bytes were read; it lets every error out that is not declared.
    """

    name: str
    samples: Callable[[], Sequence[bytes]]
    attempt: Callable[[bytes], bool]

    def judge(self, raw: bytes) -> bool:
        """Whether the bytes are read, within the time that any input may take."""
        begun_s = time.process_time()
        is_read = self.attempt(raw)
        took_s = time.process_time() - begun_s
        if took_s > ATTEMPT_S_MAX:
            raise Slow(f"{self.name}: {took_s:.1f} s for {len(raw)} bytes")
        return is_read
