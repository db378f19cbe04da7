"""Every page in its fullest sample: nobody is shut out of it, at any width."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Browsing
from tests.browser.gallery import ROOT, gallery, served
from tests.browser.scope_samples import PAGES

pytestmark = pytest.mark.browser

IN_STORIES = {
    "change.html": "made-change",
    "due.html": "due",
    "export.html": "export",
    "going.html": "going",
    "kept.html": "signed-in-again",
    "kind.html": "made-kind",
    "late_acts.html": "late-acts",
    "movement.html": "movement-choice",
    "passkey.html": "passkey",
    "places.html": "places",
    "posts.html": "posts",
    "responsibility.html": "responsibility",
    "sign_in.html": "sign-in",
    "staff.html": "staff",
    "your_account.html": "your-account",
}
"""Pages without a sample, each with the picture that a story takes of it."""


@pytest.fixture(scope="module")
def gallery_url() -> Iterator[str]:
    """Where the samples are served."""
    with served(gallery()) as address:
        yield address


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(name: str, gallery_url: str, browsing: Browsing) -> None:
    page = browsing.open()
    answer = page.goto(f"{gallery_url}/sample/{name}")
    assert answer is not None
    assert answer.status == 200
    browsing.look(page, f"sample-{name}")


def test_no_page_is_left_out() -> None:
    folders = ("casework/web", "edge/pages", "server/pages")
    found = (path for folder in folders for path in (ROOT / folder / "templates").glob("*.html"))
    templates = {path.name for path in found} - {"layout.html"}
    sampled = {template for template, _page, _frame in PAGES.values()}
    assert templates == sampled | IN_STORIES.keys()
    stories = "".join(path.read_text() for path in (ROOT / "tests/browser").glob("test_*.py"))
    assert all(f'.page, "{picture}")' in stories for picture in IN_STORIES.values())
