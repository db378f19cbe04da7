"""Every route of an office, as each role meets it, of people of whom it may not be told.

Nothing that says who they are comes back, whatever the status: neither a name, nor a number, nor a
word of a note, a restriction or a victim.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from casework.access.caller import ROLES, Caller, Role
from casework.access.sessions import SessionKind
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.notes import NewNote, add_note
from casework.desk.records import Addition, add
from casework.web.sessions import cookie_name
from sync_protocol.ids import SubjectId
from tests.browser.terminal import terminal_of
from tests.desks import NODES, NOON_MS, Office, node_id
from tests.holdings import hold
from tests.moving import received
from tests.unit.casework.desk.steps import put_in_cell, restrict

pytestmark = pytest.mark.slow

FIRST: Final = "Robin"
NUMBER: Final = "A1234BC"
CANARIES: Final = (FIRST, NUMBER, "canary-of-a-note", "canary-of-an-alert")
NEVER: Final = ("canary-of-a-victim", "canary-of-a-restriction")
DOCUMENT: Final = ("/api/v1/openapi.json", "/api/v1/schema")
"""Its examples are of somebody who is nobody."""
QUERIES: Final[Mapping[str, dict[str, str]]] = {
    "/search": {"q": "Hargreaves"},
    "/api/v1/people": {"q": "Hargreaves"},
}


class Found(msgspec.Struct, frozen=True):
    """An address of the app, and with whom it was filled."""

    path: str
    is_api: bool


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    """Somebody of whom there is something in every file."""
    made = received(office, ash, "Hargreaves", number=NUMBER)
    put_in_cell(office, ash, made, "LEI-A-1-003")
    raise_alert(office.desk, ash, made, NewAlert("HA", "canary-of-an-alert", "2026-11-20"))
    add_note(office.desk, ash, made, NewNote("KA", "KS", "canary-of-a-note", NOON_MS))
    unit = msgspec.structs.replace(office.desk, node=NODES[node_id("N55LEE")])
    contact = {"name": "canary-of-a-victim", "has_opted_in": True}
    add(unit, ash, made, Addition("victim_contact", contact))
    stranger = Caller(ash.staff[:15] + b"z", "Nobody", "staff", "t")  # type: ignore[arg-type]
    restrict(office, ash, made, stranger, reason="canary-of-a-restriction")
    return made


def _addresses(app: Litestar, office: Office, person: SubjectId) -> Iterator[Found]:
    with office.store.reading() as reading:
        (record,) = (one[0] for one in reading.select("SELECT record FROM alert"))
        kinds = sorted(office.desk.registry.kinds)
    for route in app.routes:
        if "GET" not in getattr(route, "methods", ()):
            continue
        path = route.path_format
        if path.startswith(DOCUMENT):
            continue
        filled = path.replace("{person}", person.hex()).replace("{record}", record.hex())
        is_api = path.startswith("/api/")
        for kind in kinds if "{kind}" in path else ("",):
            yield Found(_rest_filled(filled.replace("{kind}", kind)), is_api)


def _rest_filled(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}x{rest.partition('}')[2]}"
    return path


def _signed_in(office: Office, app: Litestar, caller: Caller, kind: SessionKind) -> TestClient[Any]:
    token = office.sessions.begin(caller, kind)
    opened = TestClient(app, base_url="http://localhost.local", raise_server_exceptions=False)
    name = cookie_name(office.desk.node.id, is_tls=False)
    opened.headers.update(
        {"authorization": f"Bearer {token}"}
        if kind == "bearer"
        else {"cookie": f"{name}={token}", "accept": "text/html", "host": "localhost"}
    )
    if kind == "bearer":
        opened.headers["host"] = "localhost"
    return opened


def _told(office: Office, person: SubjectId, caller: Caller) -> dict[str, tuple[int, set[str]]]:
    """What each address tells the caller of somebody: the status, and which canaries it holds."""
    app = terminal_of(office).app
    found = {}
    with (
        _signed_in(office, app, caller, "bearer") as api,
        _signed_in(office, app, caller, "cookie") as pages,
    ):
        for one in _addresses(app, office, person):
            asked = QUERIES.get(one.path, {})
            answer = (api if one.is_api else pages).get(one.path, params=asked)
            sung = {canary for canary in (*CANARIES, *NEVER) if canary in answer.text}
            found[one.path] = (answer.status_code, sung)
    return found


def test_the_walk_finds_what_it_looks_for(office: Office, ash: Caller, person: SubjectId) -> None:
    """S23: of their own person staff are told all of it but what concerns the victim."""
    told = _told(office, person, ash)
    assert len(told) > 150
    sung = set().union(*(canaries for _, canaries in told.values()))
    assert sung == set(CANARIES)
    assert not [path for path, (status, _) in told.items() if status >= 500]


@pytest.mark.parametrize("role", ROLES)
def test_no_route_tells_any_role_of_somebody_restricted(
    office: Office, ash: Caller, person: SubjectId, role: Role
) -> None:
    """S23, S24."""
    caller = office.hire("birch", role)
    restrict(office, ash, person, caller)
    told = _told(office, person, caller)
    assert {path: sung for path, (_, sung) in told.items() if sung} == {}
    assert not [path for path, (status, _) in told.items() if status >= 500]


@pytest.mark.parametrize("role", [one for one in ROLES if one != "provider"])
def test_no_route_tells_any_role_of_somebody_outside_the_caseload(
    office: Office, person: SubjectId, role: Role
) -> None:
    """S23, S43."""
    hold(office, person, "provider")
    told = _told(office, person, office.hire("birch", role))
    assert {path: sung for path, (_, sung) in told.items() if sung} == {}
    assert not [path for path, (status, _) in told.items() if status >= 500]
