"""Passwords at a price that a test can pay."""

import pytest

from casework.access import passwords


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests sign somebody in, and none but the marked ones is about how hard guessing is."""
    if "costly_passwords" not in request.keywords:
        monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
        monkeypatch.setattr(passwords, "ITERATIONS", 1)
