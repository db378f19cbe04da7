"""Flipped bits and files cut short: what notices them, and that they stay where they are."""

import pytest

from sync_protocol.errors import StoreDamaged
from sync_protocol.io.verify import verify_store
from tests.power.flips import run
from tests.power.troubles import ready

COUNT = 700


@pytest.mark.slow
def test_what_is_flipped_at_rest_spreads_to_nobody_and_no_cut_goes_unnoticed() -> None:
    totals, faults = run(COUNT)
    assert not faults, faults
    noticed = totals["flip_refused"] + totals["flip_found"]
    assert noticed > totals["flip_unnoticed"], totals
    assert totals["asked_to_spread"], totals


@pytest.mark.slow
def test_a_body_that_does_not_open_is_damage_and_said_so() -> None:
    node = ready().nodes["leeds"]
    with node.store.changing() as connection:
        connection.execute("UPDATE ops SET body = zeroblob(length(body)) WHERE op_no = 3")
    with node.store.core.transaction(), pytest.raises(StoreDamaged):
        list(node.store.core.log.select("op_no = 3"))
    assert verify_store(node.store).faults
