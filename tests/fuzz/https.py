"""A centre and an office with their real apps in front and somebody in their stores, to be abused.

What is kept is told by a digest of every table but those in which a node notes who came to its
door: a request that is refused must leave it as it was.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.access.sessions import form_token
from casework.desk.people import NewPerson
from casework.desk.records import Addition, add
from casework.web.sessions import cookie_name
from edge.app import EdgeParts
from edge.app import build_app as build_edge
from server.app import HubParts
from server.app import build_app as build_hub
from tests.desks import Office, node_id
from tests.unit.casework.desk.steps import someone
from tests.webs import HERE, parts_of

PLACES: Final = ("CENTRE", "LEI")
NOT_THE_RECORD: Final = frozenset({"audit", "meta", "dead_letters", "probe", "sqlite_sequence"})
"""Where a node notes who looked, who tried to come in, and that its disk takes what is written."""


class Site(msgspec.Struct, frozen=True):
    """A node to be abused: its app, somebody signed in, and who is in its store."""

    office: Office
    web: Any
    caller: Caller
    ids: Mapping[str, str]

    def bearer(self) -> dict[str, str]:
        """The headers of a program that is signed in, always anew."""
        return {"authorization": f"Bearer {self.office.sessions.begin(self.caller, 'bearer')}"}

    def browser(self) -> tuple[dict[str, str], str]:
        """The headers of a browser that is signed in, and the form token of its session."""
        token = self.office.sessions.begin(self.caller, "cookie")
        name = cookie_name(self.office.desk.node.id, is_tls=False)
        headers = {
            "cookie": f"{name}={token}",
            "origin": HERE,
            "sec-fetch-site": "same-origin",
            "accept": "text/html",
        }
        return headers, form_token(token)

    def record(self) -> bytes:
        """A digest of all that is kept of the record; sessions and the audit are not of it."""
        connection = self.office.store.core.connection
        seen = sha256()
        for (name,) in sorted(
            connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ):
            if name not in NOT_THE_RECORD and "session" not in name and "account" not in name:
                for row in connection.execute(f'SELECT * FROM "{name}"'):
                    seen.update(repr((name, row)).encode("utf-8", "backslashreplace"))
        return seen.digest()


@contextmanager
def site(folder: Path, code: str) -> Iterator[Site]:
    """A centre or an office, in a folder, with one person who has a risk and an alert."""
    office = Office(folder, code)
    ash = office.hire("ash")
    person = someone(office, ash, NewPerson("Robin", "Example"))
    saved = add(office.desk, ash, person, Addition("risk", {"self_harm": "high"}))
    app = _app_of(office, code)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as web:
        ids = {"person": person.hex(), "record": saved.record.hex(), "kind": "risk"}
        yield Site(office, web, ash, ids)
    office.store.close()


def _app_of(office: Office, code: str) -> Litestar:
    web = parts_of(office)
    if code != "CENTRE":
        return build_edge(EdgeParts(web=web))
    return build_hub(HubParts(web=web, keys={node_id("LEI"): Office.signer("LEI").public_key}))
