"""Every page in its fullest sample: nobody is shut out of it, at any width."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Browsing
from tests.browser.gallery import gallery, served
from tests.browser.samples import PAGES

pytestmark = pytest.mark.browser


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
