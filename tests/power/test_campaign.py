"""Power cuts by the thousand, and that they would find what they look for."""

from collections.abc import Callable

import pytest

from sync_protocol.io.connection import Parameters, Row, SqlConnection
from tests.power.campaign import Campaign, run
from tests.power.raw import SectorConnection, SectorRaw

SEEDS = 8
EVERY = 8
CUTS_MIN = 600
"""Of each seed; more than five thousand in all."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_whenever_the_power_goes_nothing_acknowledged_is_lost(seed: int) -> None:
    """INV-01, INV-02, INV-04, INV-10, at the steps of a story and with what a cut may leave."""
    outcome = run(seed, seed, every=EVERY)
    assert not outcome.faults, outcome.faults
    totals = outcome.totals
    assert totals["power_cuts"] >= CUTS_MIN
    rare = ("undone", "second_cuts", "went_on", "converged", "states", "cuts_garbled")
    assert all(totals[name] for name in rare), totals


def test_a_short_story_survives_every_cut() -> None:
    outcome = run(1, 1, every=200, deeds=1)
    assert not outcome.faults, outcome.faults
    assert outcome.totals["opened"]


def _never_waits(connection: SectorConnection) -> None:
    """Every transaction is ended without waiting for the disk, whatever was asked."""

    def begin(*, is_write: bool, is_durable: bool = True) -> None:
        SqlConnection.begin(connection, is_write=is_write, is_durable=False)
        connection.is_promised = is_durable

    connection.begin = begin  # type: ignore[method-assign]


def _says_it_before_it_is_so(connection: SectorConnection) -> None:
    """A commit returns at once, and is done when the next transaction begins."""
    begin, execute, close = connection.begin, connection.execute, connection.close
    backup = connection.raw.backup

    def end() -> None:
        if connection.raw.in_transaction:
            SqlConnection.commit(connection)

    def begin_late(*, is_write: bool, is_durable: bool = True) -> None:
        end()
        begin(is_write=is_write, is_durable=is_durable)

    def execute_late(sql: str, parameters: Parameters = ()) -> list[Row]:
        if "checkpoint" in sql:
            end()
        return execute(sql, parameters)

    def backup_late(target: SectorRaw) -> None:
        end()
        backup(target)

    def close_late() -> None:
        end()
        close()

    connection.begin = begin_late  # type: ignore[method-assign]
    connection.raw.backup = backup_late
    connection.execute = execute_late  # type: ignore[method-assign]
    connection.commit = lambda: None  # type: ignore[method-assign]
    connection.close = close_late  # type: ignore[method-assign]


@pytest.mark.slow
@pytest.mark.parametrize("tamper", [_never_waits, _says_it_before_it_is_so])
def test_a_store_that_acknowledges_too_early_is_caught(
    tamper: Callable[[SectorConnection], None],
) -> None:
    campaign = Campaign(2, every=20, tamper=tamper)
    campaign.faults_max = 200
    outcome = campaign.run()
    assert any("acknowledged ops are gone" in one for one in outcome.faults), outcome.faults
