"""What the tests of made forms share."""

from collections.abc import Iterator

import pytest

from tests.desks import HandClock, Office
from tests.made_forms import Desktop
from tests.terminals import at


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """Leeds, with Ash and Birch each at a terminal."""
    office = Office(tmp_path_factory.mktemp("changes"), clock=HandClock())
    caller = office.hire("ash")
    office.hire("birch")
    with at(office) as ash, at(office, "birch") as birch:
        yield Desktop(office, ash, birch, caller)
    office.store.close()
