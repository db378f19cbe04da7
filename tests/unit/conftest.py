"""Passwords at a price that a test can pay, and refusals that nobody waits for."""

import pytest

from casework.access import passwords
from throughcare import holding


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests sign somebody in, and none but the marked ones is about how hard guessing is."""
    if "costly_passwords" not in request.keywords:
        monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
        monkeypatch.setattr(passwords, "ITERATIONS", 1)


@pytest.fixture(autouse=True)
def quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program of a unit test was just killed, so nobody waits for its last thread."""
    monkeypatch.setattr(holding, "WAIT_S_MAX", 0.1)
