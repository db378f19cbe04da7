"""A search for somebody of whom one may not be told, and one for nobody, are answered alike.

Alike are status, headers, body, the lines of the audit, and how often the store was asked: time
itself is not measured, what takes it is.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk.people import NewIdentifier, NewPerson
from casework.web.sessions import cookie_name
from sync_protocol.io.connection import SqlConnection
from tests.browser.terminal import terminal_of
from tests.desks import Office
from tests.unit.casework.desk.steps import restrict, someone

pytestmark = pytest.mark.slow

HIDDEN: Final = "Hargreaves"
NOBODY: Final = "Pennington"
KNOWN: Final = "Quillfeather"
BORN: Final = "1990-01-02"
NUMBERS: Final = ("A1234BC", "A4321BC")
ASKED: Final = ((HIDDEN, NOBODY), (HIDDEN[:5], NOBODY[:5]), NUMBERS)
HERE: Final = "http://localhost"
STATEMENTS_APART: Final = 0
CANDIDATES_APART: Final = 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is asked of a store from here on."""
    found: list[str] = []
    for name in ("execute", "stream"):
        asks = getattr(SqlConnection, name)

        def ask(self: SqlConnection, sql: str, *rest: Any, _asks: Any = asks) -> Any:
            found.append(sql)
            return _asks(self, sql, *rest)

        monkeypatch.setattr(SqlConnection, name, ask)
    return found


class Asker:
    """Birch, who may be told of some people and not of one, at a page and at the API."""

    def __init__(self, office: Office, web: TestClient[Any], birch: Caller) -> None:
        """Signed in twice."""
        self.office, self._web = office, web
        name = cookie_name(office.desk.node.id, is_tls=False)
        cookie = {"cookie": f"{name}={office.sessions.begin(birch, 'cookie')}"}
        self._page = {**cookie, "accept": "text/html"}
        self._bearer = {"authorization": f"Bearer {office.sessions.begin(birch, 'bearer')}"}

    def page(self, text: str) -> Any:
        """The page of a search."""
        return self._web.get("/search", params={"q": text}, headers=self._page)

    def api(self, text: str) -> Any:
        """The same through the API."""
        return self._web.get("/api/v1/people", params={"q": text}, headers=self._bearer)

    def create(self, last: str, born: str, number: str) -> Any:
        """Somebody new, where whoever is alike would be offered."""
        numbers = [{"type": "NOMS", "value": number}]
        body = {"first": "Robin", "last": last, "date_of_birth": born, "identifiers": numbers}
        return self._web.post("/api/v1/people", json=body, headers=self._bearer)


@pytest.fixture
def asker(office: Office, ash: Caller) -> Iterator[Asker]:
    """Somebody whom a restriction closes to Birch, and others whom it does not."""
    number = (NewIdentifier("NOMS", NUMBERS[0]),)
    hidden = NewPerson("Robin", HIDDEN, date_of_birth=BORN, identifiers=number)
    person = someone(office, ash, hidden)
    someone(office, ash, NewPerson("Ada", KNOWN))
    birch = office.hire("birch")
    restrict(office, ash, person, birch)
    with TestClient(terminal_of(office).app, base_url=HERE) as web:
        yield Asker(office, web, birch)


def _alike(answer: Any, text: str) -> tuple[int, dict[str, str], str]:
    return answer.status_code, dict(answer.headers), answer.text.replace(text, "…")


@pytest.mark.parametrize(("hidden", "nobody"), ASKED)
@pytest.mark.parametrize("door", ["page", "api"])
def test_somebody_hidden_and_nobody_are_answered_alike(
    asker: Asker, asked: list[str], door: str, hidden: str, nobody: str
) -> None:
    """S24: status, headers, body, the audit, and the statements that the store was asked."""
    ask = getattr(asker, door)
    ask(KNOWN)
    told, counted, lines = [], [], []
    for text in (hidden, nobody, hidden, nobody):
        asked.clear()
        before = len(asker.office.audit())
        asked.clear()
        told.append(_alike(ask(text), text))
        counted.append(len(asked))
        lines.append(asker.office.audit()[before:])
    assert told[0] == told[1] == told[2] == told[3]
    assert lines[0] == lines[1] == [("search", None)]
    assert max(counted) - min(counted) <= STATEMENTS_APART, counted
    assert min(counted) > 0


def test_the_search_would_tell_of_somebody_who_is_not_hidden(
    asker: Asker, asked: list[str]
) -> None:
    """S24: or the test before would find all answers alike."""
    for ask in (asker.page, asker.api):
        asked.clear()
        found = _alike(ask(KNOWN), KNOWN)
        more = len(asked)
        asked.clear()
        assert found != _alike(ask(NOBODY), NOBODY)
        assert more - len(asked) > STATEMENTS_APART


def test_whoever_is_recorded_anew_is_compared_alike(asker: Asker, asked: list[str]) -> None:
    """S24: with somebody hidden of the same name, birth and number, and with nobody."""
    counted = []
    asker.create("Somebody", "1970-05-06", "A2222BC")
    hidden, nobody = (HIDDEN, BORN, NUMBERS[0]), (NOBODY, "1980-03-04", NUMBERS[1])
    for new in (hidden, nobody):
        asked.clear()
        answer = asker.create(*new)
        assert answer.status_code == 201, answer.text
        assert "candidates" not in answer.json() or answer.json()["candidates"] == []
        counted.append(len(asked))
    assert abs(counted[0] - counted[1]) <= CANDIDATES_APART, counted
