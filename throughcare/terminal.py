"""A terminal that speaks to one node through its HTTP API, as any other program may.

What a story claims is asked here, at another node than the one that wrote it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final, Self, TypeVar

import httpx

from sync_protocol.errors import LineDown, Refused, Unavailable
from throughcare.making import SignIn

API: Final = "/api/v1"
DEVICE: Final = "story"
CALL_S_MAX: Final = 20.0
LOOK_EVERY_S: Final = 0.01
EVENTUALLY_S_MAX: Final = 30.0
KEY_BYTES: Final = 16
KEY_HEADER: Final = "Idempotency-Key"
CLOCK_STEP_MS: Final = 60_000
"""A shifted clock is told from a slow answer by whole minutes."""

Json = dict[str, Any]
Found = TypeVar("Found")


ABSENT: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})
"""How a node answers that does not know a person, or has let go of them."""


class ApiRefused(Refused):
    """A node did not do what was asked through its API."""

    code = "api_refused"

    def __init__(self, status: int, detail: str) -> None:
        """Keep the status, by which a caller tells one refusal from another."""
        super().__init__(detail)
        self.status = status


class NotSeen(Unavailable):
    """What was expected did not come in time."""

    code = "not_seen"
    hint = "Look at the log.txt of the nodes named above."


class Terminal:
    """A member of staff signed in at one node."""

    def __init__(self, code: str, url: str, sign_in: SignIn) -> None:
        """Nothing is asked before `enter`."""
        self.code, self.url = code, url
        self.staff = sign_in.staff
        self.staff_name = sign_in.display_name
        self.op_ids: set[str] = set()
        """Every op that this terminal was given a receipt for."""
        self.ahead_ms = 0
        """How far ahead of this machine's the node's clock is; a demonstration may shift it."""
        self._sign_in = sign_in
        self._line = httpx.AsyncClient(base_url=url + API, timeout=CALL_S_MAX, trust_env=False)

    async def enter(self) -> Self:
        """Signs in, anew where it was signed in before."""
        given = {"user_name": self._sign_in.user_name, "password": self._sign_in.password}
        self._line.headers.pop("authorization", None)
        answer = await self._ask("POST", "/sign-in", {**given, "device": DEVICE})
        self._line.headers["authorization"] = f"Bearer {answer['token']}"
        status = await self.read("/sync/status")
        ahead_ms = status["strip"]["now_ms"] - time.time_ns() // 1_000_000
        self.ahead_ms = round(ahead_ms / CLOCK_STEP_MS) * CLOCK_STEP_MS
        return self

    async def close(self) -> None:
        """Lets go of the line to the node."""
        await self._line.aclose()

    async def read(self, path: str, **query: str) -> Json:
        """What the node says; raises ApiRefused where it says no, LineDown where it is away."""
        return await self._ask("GET", path, None, query)

    async def write(self, path: str, body: Mapping[str, Any], *, key: str = "") -> Json:
        """Writes something new; its receipt is kept.

        Whoever does not hear the answer sends it again under the same `key`.
        """
        return self._keep(await self._ask("POST", path, body, key=key))

    async def change(self, path: str, body: Mapping[str, Any]) -> Json:
        """Writes over what was read; its receipt is kept."""
        return self._keep(await self._ask("PATCH", path, body))

    async def records(self, person: str, kind: str) -> list[Json]:
        """A person's records of a kind, none where the node does not know the person."""
        try:
            answer = await self.read(f"/people/{person}/records/{kind}")
        except ApiRefused as fault:
            if fault.status in ABSENT:
                return []
            raise
        found: list[Json] = answer["records"]
        return found

    async def knows(self, person: str) -> bool:
        """Whether the node holds this person."""
        try:
            await self.read(f"/people/{person}")
        except ApiRefused as fault:
            if fault.status in ABSENT:
                return False
            raise
        return True

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
        key: str = "",
    ) -> Json:
        named = {KEY_HEADER: key} if key else _key_of(method)
        try:
            answer = await self._line.request(method, path, json=body, params=query, headers=named)
        except httpx.TransportError as fault:
            raise LineDown(f"{self.code}: {type(fault).__name__}") from fault
        if answer.is_success:
            said: Json = answer.json() if answer.content else {}
            return said
        raise ApiRefused(
            answer.status_code, f"{self.code} answered {answer.status_code}: {answer.text[:300]}"
        )

    def _keep(self, saved: Json) -> Json:
        receipt = saved.get("saved", saved)
        self.op_ids.update(receipt.get("op_ids", ()))
        return saved


def _key_of(method: str) -> dict[str, str]:
    """A key of its own for whatever is written, as any program should give it."""
    return {} if method == "GET" else {KEY_HEADER: token_hex(KEY_BYTES)}


async def eventually(
    look: Callable[[], Awaitable[Found]], what: str, *, within_s: float = EVENTUALLY_S_MAX
) -> tuple[Found, float]:
    """The first answer that is true, and how many milliseconds it took; raises NotSeen."""
    began_s = time.monotonic()
    while True:
        with suppress(LineDown):  # The node may just be starting again.
            found = await look()
            if found:
                return found, (time.monotonic() - began_s) * 1000
        if time.monotonic() - began_s > within_s:
            raise NotSeen(f"{what} (waited {within_s:.0f} s).")
        await asyncio.sleep(LOOK_EVERY_S)
