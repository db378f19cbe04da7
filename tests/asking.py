"""One request straight into an app, as a server hands it in: nothing of it is made polite first.

Headers may come twice, an address is not put in order, and a body need not be what its length says.
"""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

import msgspec

HOST: Final = ("host", "office.local")
ADDRESS: Final = "192.0.2.7"
WITHIN_S: Final = 30.0

Headers = Iterable[tuple[str, str]]


class Told(msgspec.Struct, frozen=True):
    """An answer: its headers as they were sent, those that came twice too."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all_of(self, name: str) -> list[str]:
        """What every header of this name says."""
        return [value for given, value in self.headers if given == name]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def ask(
    app: Any,
    method: str,
    path: str,
    headers: Headers = (),
    *,
    body: Iterable[bytes] = (),
    query: str = "",
) -> Told:
    """What the app answers; `path` is as a server decoded it, once."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": (ADDRESS, 40_000),
        "server": ("office.local", 80),
        "state": {},
    }
    return asyncio.run(asyncio.wait_for(_ask(app, scope, body), WITHIN_S))


def merged(*headers: Mapping[str, str] | Headers, host: bool = True) -> list[tuple[str, str]]:
    """One list of headers, with the office's own host first."""
    pairs = chain.from_iterable(one.items() if isinstance(one, Mapping) else one for one in headers)
    return [*([HOST] if host else []), *pairs]


async def _ask(app: Any, scope: dict[str, Any], body: Iterable[bytes]) -> Told:
    sent: list[dict[str, Any]] = []
    asked = chain(((one, True) for one in body), [(b"", False)])

    async def receive() -> dict[str, Any]:
        part, is_more = next(asked, (None, False))
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": is_more}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    told = tuple((name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"])
    return Told(sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:]))
