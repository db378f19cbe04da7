"""Offices and the people who work there, for the tests of access, desk and web."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.access.caller import Caller
from tests.desks import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The prison at Leeds."""
    opened = Office(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def ash(office: Office) -> Caller:
    """A member of staff there."""
    return office.hire("ash")
