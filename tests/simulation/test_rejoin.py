"""An office that was away for ninety days, or four hundred, comes back over a slow line."""

import msgspec
import pytest

from sync_protocol.limits import REPLY_OPS_MAX, REQUEST_BYTES_MAX
from tests.simulation.rejoin import Estate, Figures, rejoin

pytestmark = [pytest.mark.simulation, pytest.mark.slow]

REJOINED_S_MAX = 60
SAFETY_S_MAX = 15
"""After which everything grave is known, however much else there is."""


def _assert_whole(estate: Estate, figures: Figures) -> None:
    """INV-01, INV-04: all ops are at both, and both show and count the same."""
    told = msgspec.json.encode(figures).decode()
    ids = estate.hub.ids()
    assert ids == estate.office.ids(), told
    assert len(ids) >= 2 * figures.ops_each_way, told
    with estate.hub.store.reading() as there, estate.office.store.reading() as here:
        assert here.digests() == there.digests(), told
        assert there.counts()["parked"] == 0, told
    assert estate.office.store.projection_digest() == estate.hub.store.projection_digest(), told


@pytest.mark.parametrize(("days", "ops"), [(90, 10_000), (400, 4_000)])
def test_an_office_that_was_away_for_months_is_back_within_a_minute(days: int, ops: int) -> None:
    """INV-10, INV-14: nothing is sent twice, each message has its limit, the grave comes first."""
    estate, figures = rejoin(days, ops)
    _assert_whole(estate, figures)
    told = msgspec.json.encode(figures).decode()
    assert figures.rejoined_s <= REJOINED_S_MAX, told
    assert (figures.offered_again, figures.sent_again) == (0, 0), told
    assert max(figures.request_bytes_max, figures.reply_bytes_max) < REQUEST_BYTES_MAX, told
    assert figures.reply_ops_max <= REPLY_OPS_MAX, told
    assert 0 < figures.safety_last_s <= SAFETY_S_MAX, told


def test_a_line_that_breaks_every_few_seconds_brings_an_office_back() -> None:
    """INV-10: what is too much for the time that the line holds is not tried again for ever."""
    estate, figures = rejoin(90, 2_000, breaks_every_s=1.5)
    _assert_whole(estate, figures)
    assert figures.breaks > 0
