"""The centre's own pages, and who is offered what."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Browsing, Look
from tests.browser.gallery import served
from tests.browser.steps import Staff
from tests.browser.terminal import terminal_of
from tests.desks import Offices

pytestmark = pytest.mark.browser


@pytest.fixture
def centre_url(offices: Offices) -> Iterator[str]:
    """Where the centre is served, with Ash on its staff and Cedar to run its accounts."""
    office = offices.open("CENTRE")
    office.hire("ash")
    office.hire("cedar", "administrator")
    with served(terminal_of(office).app) as address:
        yield address
    office.store.close()


def test_the_centre_shows_every_office_and_what_does_not_count(
    centre_url: str, browsing: Browsing, look: Look
) -> None:
    ash = Staff(browsing.open(), centre_url)
    ash.sign_in("ash")
    ash.sees("This is the centre.")
    ash.sees("Never heard from")
    ash.sees("Brixton (HMP)")
    look(ash.page, "nodes")
    ash.go("/parked")
    ash.sees("Every change that reached the centre counts.")
    look(ash.page, "parked")
    person = ash.create()
    ash.go(person)
    ash.sees("No alert is in force.")


def test_an_administrator_sees_the_offices_and_no_record(
    centre_url: str, browsing: Browsing, look: Look
) -> None:
    cedar = Staff(browsing.open(), centre_url)
    cedar.sign_in("cedar")
    cedar.sees("Never heard from")
    cedar.sees_no("Find a person")
    cedar.go("/search?q=har")
    cedar.sees("You may not do this")
    look(cedar.page, "not-allowed")
