"""The centre appoints somebody at Leeds, who signs in there, and removes them again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Browsing, Look
from tests.browser.gallery import served
from tests.browser.steps import Staff
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD
from tests.moving import MovingEstate

pytestmark = pytest.mark.browser


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[MovingEstate]:
    """The centre with an administrator, and Leeds with one of its own."""
    made = MovingEstate(tmp_path)
    made.centre.hire("boss", "administrator")
    leeds = made.open("LEI")
    leeds.hire("root", "administrator")
    yield made
    for office in (made.centre, leeds):
        office.store.close()


def test_somebody_is_appointed_signs_in_and_is_removed(
    estate: MovingEstate, browsing: Browsing, look: Look
) -> None:
    """S21."""
    leeds = estate.offices["LEI"]
    with (
        served(terminal_of(estate.centre).app) as centre_url,
        served(terminal_of(leeds).app) as leeds_url,
    ):
        boss = Staff(browsing.open(), centre_url)
        boss.sign_in("boss")
        boss.follow("Who works where")
        look(boss.page, "places")
        boss.follow("Leeds (HMP)")
        boss.follow("Appoint somebody")
        boss.page.fill("#display_name", "K. Reed")
        boss.page.fill("#user_name", "kreed")
        boss.page.get_by_label("Auditor").check()
        boss.press("Continue")
        boss.press("Appoint")
        boss.sees("K. Reed is appointed")
        boss.page.get_by_role("button", name="Give a one-time code").click()
        look(boss.page, "posts")
        title = boss.page.locator("#notice-title").inner_text()
        code = title.rpartition(" ")[2]
        estate.settle()
        reed = Staff(browsing.open(), leeds_url)
        reed.go("/sign-in")
        reed.follow("Choose your password with your one-time code")
        look(reed.page, "first-password")
        reed.page.fill("#user_name", "kreed")
        reed.page.fill("#code", code)
        reed.page.fill("#new", PASSWORD)
        reed.page.fill("#again", PASSWORD)
        reed.press("Choose password and sign in")
        reed.sees("Signed in as K. Reed")
        reed.go("/late-acts")
        look(reed.page, "late-acts")
        root = Staff(browsing.open(), leeds_url)
        root.sign_in("root")
        root.go("/staff")
        root.sees("Appointed by the centre.")
        look(root.page, "staff")
        boss.follow("End")
        boss.press("Continue")
        boss.press("End the post")
        boss.sees("Ended")
        estate.settle()
        reed.go("/late-acts")
        assert "/sign-in" in reed.page.url
