"""INV-01, INV-02, INV-10, INV-13: kill -9 at random moments under load; `kills.py` has more."""

from pathlib import Path

import pytest

from tests.process.accounts import account
from tests.process.estates import LiveEstate
from tests.process.fleet import made_fleet
from tests.process.kills import campaign
from tests.process.workers import Entry, Ledger

pytestmark = pytest.mark.process

KILLS = 56
SEED = 2026


def test_nothing_acknowledged_is_lost_however_often_nodes_are_killed(tmp_path: Path) -> None:
    found = campaign(tmp_path / "estate", kills=KILLS, seed=SEED, is_warm=True)
    assert found.kills >= KILLS, found
    assert found.restarts >= KILLS, found
    assert found.acknowledged > KILLS, found
    assert found.sent_again > 0, f"no answer was lost, so nothing was proved: {found}"
    assert (found.lost, found.doubled, found.unwitnessed) == (0, 0, 0), found


def test_what_was_never_written_is_counted_as_lost(tmp_path: Path) -> None:
    """The account itself: it tells what is missing, what stands twice and what nobody witnessed."""
    with made_fleet(tmp_path / "estate") as fleet:
        estate, ledger = LiveEstate(fleet.folder), Ledger()
        assert account(estate, ledger).is_clean
        ledger.acknowledged.append(Entry("LEI", "00" * 16, "This was never written."))
        ledger.served["LEI", "00" * 16, "00" * 16] = 2
        with estate.reading("MDI") as connection:
            connection.execute(
                "UPDATE case_note SET text = (SELECT text FROM case_note WHERE text NOT NULL)"
            )
        found = account(estate, ledger)
        assert (found.lost, found.unwitnessed) == (1, 2)
        assert found.doubled > 0
        assert not found.is_clean
