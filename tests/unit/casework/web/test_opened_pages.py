"""Opening a record with a reason, on pages and over the API, as staff meet it."""

from collections.abc import Iterator
from html import unescape

import pytest

from casework.access.caller import Caller
from casework.access.openings import OPEN_MS
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.holdings import hold
from tests.moving import received
from tests.terminals import at, page
from tests.unit.casework.web.test_pages import Browser
from tests.webs import Api

pytestmark = pytest.mark.unhurried

WHY = "The chaplain says that he spoke of dying."


@pytest.fixture
def other(office: Office, ash: Caller) -> SubjectId:
    """Somebody at Leeds who is not of its caseload."""
    person = received(office, ash, "Hargreaves", number="A1234BC")
    hold(office, person, "provider")
    return person


@pytest.fixture
def browser(office: Office, other: SubjectId) -> Iterator[Browser]:
    """Ash's."""
    with at(office) as opened:
        yield opened


def test_a_search_leads_to_the_form_and_the_form_to_the_record(
    office: Office, browser: Browser, other: SubjectId
) -> None:
    """S27: nothing but the place before; then the time left, and a button that ends it."""
    browser.get("/search?q=hargreaves")
    assert "1 person outside this office's caseload" in unescape(browser.text)
    assert "At Leeds (HMP):" in browser.text
    path = f"/people/{other.hex()}"
    for address in (path, f"{path}/notes/new", f"{path}/export", f"{path}/records/alert"):
        browser.get(address)
        assert browser.status == 403
        assert "Not of this office's caseload" in unescape(browser.text)
        assert f'href="{path}/break-glass"' in browser.text
        for hidden in ("Hargreaves", "Robin", "A1234BC", "1990"):
            assert hidden not in browser.text
    browser.get(f"{path}/break-glass")
    assert "This person is at Leeds (HMP)" in browser.text
    assert "Hargreaves" not in browser.text
    browser.post(f"{path}/break-glass", ground="safety", reason=" ")
    assert "Write why you need it now" in browser.text
    browser.post(f"{path}/break-glass", ground="safety", reason=WHY)
    browser.post(f"{path}/break-glass", step="save")
    assert browser.status == 200
    assert "Robin Hargreaves" in browser.text
    for address in (path, f"{path}/notes/new", f"{path}/officer"):
        browser.get(address)
        assert "Opened with a reason: 60 minutes left" in " ".join(browser.text.split())
    browser.get("/board")
    assert "Opened with a reason" not in browser.text
    browser.get(path)
    browser.post(f"{path}/break-glass/end")
    assert "/search" in browser.path
    browser.get(path)
    assert browser.status == 403


def test_the_page_goes_when_the_hour_is_over(
    office: Office, browser: Browser, ash: Caller, other: SubjectId
) -> None:
    """S27."""
    with Api(office) as api:
        api.sign_in()
        told = api.get(f"/people/{other.hex()}")
        assert (told.status_code, told.json()["code"]) == (403, "outside_caseload")
        assert told.json()["open_at"] == f"/api/v1/people/{other.hex()}/break-glass"
        body = {"ground": "duty", "reason": WHY}
        assert api.post(f"/people/{other.hex()}/break-glass", body).status_code == 201
        assert api.get(f"/people/{other.hex()}").status_code == 200
        office.clock.pass_ms(OPEN_MS)
        office.sessions.begin(ash, "bearer")
        api.sign_in()
        assert api.get(f"/people/{other.hex()}").status_code == 403
        assert api.post(f"/people/{other.hex()}/break-glass", body).status_code == 201
        assert api.post(f"/people/{other.hex()}/break-glass/end", {}).json() == {"is_open": False}
        assert api.get(f"/people/{other.hex()}").status_code == 403
        assert (
            api.post(f"/people/{other.hex()}/break-glass", {**body, "reason": ""}).status_code
            == 422
        )
        assert api.get("/openings").status_code == 403


def test_an_auditor_sees_the_list_and_no_record(office: Office, other: SubjectId) -> None:
    """S27: who, when and why; the name nowhere, and no way to the record."""
    office.hire("rowan", "auditor")
    with Api(office) as api:
        api.sign_in()
        api.post(f"/people/{other.hex()}/break-glass", {"ground": "duty", "reason": WHY})
        api.sign_in("rowan")
        (line,) = api.get("/openings").json()["lines"]
        assert (line["staff_name"], line["reason"]) == ("Ash", WHY)
        asked: dict[str, dict[str, str]] = {
            "/people": {"q": "hargreaves"},
            f"/people/{other.hex()}": {},
            "/conflicts": {},
        }
        for path, query in {**asked, "/events": {}}.items():
            answer = api.get(path, {}, **query)
            assert answer.status_code == 403
            assert "Hargreaves" not in answer.text
    shown = page(office, "/openings", "rowan")
    assert WHY in shown
    assert "Somebody of another unit reviews this." in shown
    assert "Hargreaves" not in shown
    assert other.hex() not in shown


def test_a_provider_begins_with_what_is_due(office: Office, other: SubjectId) -> None:
    """The person it delivers for is there; how many others the prison holds is not told."""
    office.hire("poplar", "provider")
    with at(office, "poplar") as browser:
        assert browser.path.endswith("/due")
        assert "Wing board" not in browser.text
        browser.get(f"/people/{other.hex()}")
        assert "Robin Hargreaves" in browser.text
        browser.get("/board")
        assert browser.status == 403
