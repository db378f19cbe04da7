"""Whoever was refused somebody's record is refused it until nothing of it is left here."""

from pathlib import Path

import pytest

from casework.desk.gate import HasLeft, Restricted
from casework.desk.people import summary
from tests.moving import Pair
from tests.unit.casework.desk.steps import put_in_cell, restrict


def test_a_restriction_stays_as_long_as_what_it_closes(tmp_path: Path) -> None:
    """INV-05: an entry that waits keeps the open file for days; the other had nothing to wait for.

    The restriction is a file of its own, and would be let go of first.
    """
    pair = Pair(tmp_path)
    leeds = pair.leeds
    refused = leeds.hire("dogwood")
    restrict(leeds, pair.ash, pair.person, refused)
    pair.estate.settle()
    pair.send()
    pair.estate.lines["LEI"].is_cut = True
    pair.receive()
    put_in_cell(leeds, pair.ash, pair.person, "LEI-A-1-001")
    pair.estate.back_up()
    pair.estate.lines["LEI"].is_cut = False
    pair.estate.exchange("LEI")
    summary(leeds.desk, pair.ash, pair.person)
    with pytest.raises(Restricted):
        summary(leeds.desk, refused, pair.person)
    for _ in range(2):
        pair.let_go()
    for caller in (pair.ash, refused):
        with pytest.raises(HasLeft):
            summary(leeds.desk, caller, pair.person)
    with leeds.store.reading() as reading:
        assert not list(reading.records_of_all("restriction"))
    pair.estate.close()
