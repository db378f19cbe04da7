"""What the tests of the stores may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sync_protocol.io.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """A hub and two spokes that hold nothing."""
    made = Estate(tmp_path)
    yield made
    made.close()
