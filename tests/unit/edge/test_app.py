"""An office's app: it serves its staff whether or not there is a line."""

from pathlib import Path

from litestar.testing import TestClient

from edge.app import EdgeParts, build_app
from edge.services.line import LineKeeper
from sync_protocol.errors import LineDown
from sync_protocol.io.sync_driver import SyncDriver
from tests.desks import PASSWORD, Office, node_id
from tests.webs import HERE, parts_of


class CutLine:
    """A line that is down."""

    def __init__(self) -> None:
        """Nothing was tried yet."""
        self.tried = 0
        self.is_closed = False

    async def carry(self, request: bytes) -> bytes:
        """Fail as a cut line does."""
        assert request
        self.tried += 1
        raise LineDown("cut")

    async def close(self) -> None:
        """Let go."""
        self.is_closed = True


def test_an_office_works_while_the_line_is_down(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hire("ash")
    line = CutLine()
    keeper = LineKeeper(SyncDriver(office.store, line, node_id("CENTRE"), bytes(32)))
    app = build_app(EdgeParts(web=parts_of(office), line=keeper))
    with TestClient(app, base_url=HERE) as web:
        body = {"user_name": "ash", "password": PASSWORD}
        token = web.post("/api/v1/sign-in", json=body).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        new = {"first": "Robin", "last": "Example"}
        assert web.post("/api/v1/people", json=new, headers=bearer).status_code == 201
        assert web.get("/api/v1/people?q=robin", headers=bearer).json()["matches"]
    assert line.tried >= 1
    assert line.is_closed
    office.store.close()


def test_an_office_without_a_line_serves_alone(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with TestClient(build_app(EdgeParts(web=parts_of(office))), base_url=HERE) as web:
        assert web.get("/ready").status_code == 200
        page = web.get("/", headers={"accept": "text/html"}, follow_redirects=False)
        assert page.headers["location"] == "/sign-in"
    office.store.close()
