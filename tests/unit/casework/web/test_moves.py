"""What the pages say of somebody who comes, is given a cell, and goes again."""

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from tests.browser.terminal import terminal_of
from tests.desks import Office
from tests.unit.casework.web.test_pages import Browser

pytestmark = pytest.mark.unhurried


@pytest.fixture
def ash_at(office: Office) -> Iterator[Browser]:
    """Ash, signed in at Leeds."""
    office.hire("ash")
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.sign_in()
        yield browser


def _received(ash_at: Browser) -> str:
    person = ash_at.create()
    ash_at.get(f"{person}/movements/in")
    ash_at.post(f"{person}/movements/in", **_now(ash_at), reason="ADM/V")
    ash_at.post(f"{person}/movements/in", step="save")
    assert "Reception recorded" in ash_at.text
    return person


def _in_cell(ash_at: Browser, typed: str) -> str:
    person = _received(ash_at)
    ash_at.get(f"{person}/cell")
    ash_at.post(f"{person}/cell", cell=typed)
    return person


def _now(ash_at: Browser) -> dict[str, str]:
    """Day and time as the form offers them."""
    return _offered(ash_at, "day-day", "day-month", "day-year", "time")


def _offered(ash_at: Browser, *names: str) -> dict[str, str]:
    tails = {name: ash_at.text.partition(f'name="{name}"')[2] for name in names}
    return {name: tail.partition('value="')[2].partition('"')[0] for name, tail in tails.items()}


def test_the_check_shows_the_cell_as_it_is_kept(ash_at: Browser) -> None:
    person = _in_cell(ash_at, "a 1 3")
    assert "LEI-A-1-003" in ash_at.text
    ash_at.post(f"{person}/cell", step="save")
    assert "LEI-A-1-003" in ash_at.text


def test_what_names_no_cell_comes_back_as_it_was_typed(ash_at: Browser) -> None:
    _in_cell(ash_at, "somewhere")
    assert ash_at.status == 422
    assert "Enter wing, landing and cell" in ash_at.text
    assert 'value="somewhere"' in ash_at.text


def test_somebody_not_held_here_is_offered_no_cell(ash_at: Browser) -> None:
    person = ash_at.create()
    ash_at.get(person)
    assert "Move cell" not in ash_at.text


def test_somebody_on_transfer_is_on_the_way_and_has_no_cell(
    ash_at: Browser, office: Office
) -> None:
    person = _in_cell(ash_at, "A-1-003")
    ash_at.post(f"{person}/cell", step="save")
    assert "Move cell" in ash_at.text
    office.clock.pass_ms(10 * 60_000)
    ash_at.get(f"{person}/movements/transfer")
    ash_at.post(f"{person}/movements/transfer", **_now(ash_at), reason="TRN/NOTR", other="MDI")
    ash_at.post(f"{person}/movements/transfer", step="save")
    assert "Transfer recorded" in ash_at.text
    assert "On the way to Moorland (HMP" in ash_at.text
    assert "The last was LEI-A-1-003." in ash_at.text
    assert "Move cell" not in ash_at.text


def test_of_one_minute_what_was_written_last_comes_first(ash_at: Browser, office: Office) -> None:
    person = _received(ash_at)
    office.clock.pass_ms(20_000)
    ash_at.get(f"{person}/alerts/new")
    since = _offered(ash_at, *(f"from-{part}" for part in ("day", "month", "year")))
    alert = {**since, "code": "XSA", "description": "Threatened staff."}
    ash_at.post(f"{person}/alerts/new", **alert)
    ash_at.post(f"{person}/alerts/new", step="save")
    assert "Alert raised: " in ash_at.text
    office.clock.pass_ms(20_000)
    ash_at.get(f"{person}/notes/new")
    subtype = ash_at.text.partition('name="subtype"')[2].split('value="')[2].partition('"')[0]
    ash_at.post(f"{person}/notes/new", **_now(ash_at), subtype=subtype, text="Calm now.")
    ash_at.post(f"{person}/notes/new", step="save")
    assert "Note saved" in ash_at.text
    assert ash_at.text.index("Calm now.") < ash_at.text.index("Alert raised: ")
