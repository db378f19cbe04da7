"""What a browser is asked to sign to prove a passkey: drawn here, answered once, and soon."""

import hmac
import threading
from collections.abc import Callable
from typing import Final

ASKED_MS_MAX: Final = 5 * 60_000
SALT_BYTES: Final = 16
SECRET_BYTES: Final = 32


class Challenges:
    """What browsers are asked to sign, each once and soon.

    A challenge carries its own seal, so that asking for many keeps nothing; those that were
    answered are remembered for as long as they could be answered again.
    """

    def __init__(self, now_ms: Callable[[], int], chance: Callable[[int], bytes]) -> None:
        """Draw the secret of this run: a restart ends every challenge."""
        self._now_ms = now_ms
        self._chance = chance
        self._secret = chance(SECRET_BYTES)
        self._used: dict[bytes, int] = {}
        self._guard = threading.Lock()

    def draw(self, purpose: bytes) -> bytes:
        """A challenge for this purpose alone."""
        body = self._chance(SALT_BYTES) + self._now_ms().to_bytes(8, "big")
        return body + self._seal(body, purpose)

    def redeem(self, challenge: bytes, purpose: bytes) -> bool:
        """Whether it was drawn for this, not long ago, and is answered for the first time."""
        body, seal = challenge[: SALT_BYTES + 8], challenge[SALT_BYTES + 8 :]
        if not hmac.compare_digest(seal, self._seal(body, purpose)):
            return False
        now_ms = self._now_ms()
        if abs(now_ms - int.from_bytes(body[SALT_BYTES:], "big")) > ASKED_MS_MAX:
            return False
        with self._guard:
            old = [
                one for one, at_ms in self._used.items() if abs(now_ms - at_ms) > ASKED_MS_MAX * 2
            ]
            for one in old:
                del self._used[one]
            is_first = challenge not in self._used
            self._used[challenge] = now_ms
        return is_first

    def _seal(self, body: bytes, purpose: bytes) -> bytes:
        return hmac.digest(self._secret, b"throughcare passkey v1" + body + purpose, "sha256")
