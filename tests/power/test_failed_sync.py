"""A disk that fails to make something certain, and says so once: what was written is not on it.

The next sync succeeds all the same, as it does on Linux, and says nothing of what the one before
had failed to write.
"""

from random import Random

import pytest

from sync_protocol.errors import NotSaved
from sync_protocol.io.connection import PAGE_BYTES_MIN, UNSYNCED_MAX
from tests.contract.world import Node, parcel
from tests.power.checks import Bench, agrees_with_itself, opened_raw
from tests.power.raw import SectorConnection, open_sectors
from tests.power.recording import LOG
from tests.power.sectors import PATTERNS
from tests.power.volume import Trouble, Volume

QUICK_AND_SLOW = ("lost", *(pytest.param(one, marks=pytest.mark.slow) for one in PATTERNS[1:]))


def _node(volume: Volume, name: str = "leeds") -> Node:
    return Bench(1).node(name, open_sectors(volume))


def _ids_after_a_cut(volume: Volume, pattern: str, seed: int) -> set[bytes]:
    again = volume.after_cut(pattern, Random(seed))  # type: ignore[arg-type] # one of PATTERNS.
    connection = opened_raw(again)
    return {row[0] for row in connection.execute("SELECT op_id FROM ops")}


def _leave_something_uncertain(node: Node) -> None:
    """What admits to nothing waits for no disk."""
    with node.store.core.transaction(is_durable=False):
        node.store.core.set_meta({"noted": 1})


@pytest.mark.parametrize("pattern", QUICK_AND_SLOW)
def test_what_is_saved_after_a_sync_that_failed_outlives_a_cut(pattern: str) -> None:
    """INV-01: the pages that the failed sync dropped lie before it in the write-ahead log."""
    volume = Volume()
    node = _node(volume)
    node.write({"label": "before"}, parcel(1))
    _leave_something_uncertain(node)
    volume.trouble = Trouble("sync", 0)
    with pytest.raises(NotSaved):
        node.write({"label": "not saved"}, parcel(2))
    assert volume.trouble.strikes == 1
    told = set(node.write({"label": "after"}, parcel(3)).op_ids)
    for seed in range(5):
        assert told <= _ids_after_a_cut(volume, pattern, seed)
    assert not list(agrees_with_itself(node, is_plain=True))


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_program_that_starts_again_does_not_believe_what_the_last_one_saw(pattern: str) -> None:
    """INV-01: the machine still shows what the disk lacks, and only a cut would tell."""
    volume = Volume()
    node = _node(volume)
    _leave_something_uncertain(node)
    volume.trouble = Trouble("sync", 0)
    with pytest.raises(NotSaved):
        node.write({"label": "not saved"}, parcel(2))
    volume = volume.after_kill()
    node = _node(volume)
    told = set(node.write({"label": "after"}, parcel(3)).op_ids)
    for seed in range(5):
        assert told <= _ids_after_a_cut(volume, pattern, seed)


@pytest.mark.slow
def test_nothing_is_saved_until_what_is_in_doubt_was_written_anew() -> None:
    """Reading goes on meanwhile, and writing as soon as the disk takes it."""
    volume = Volume()
    node = _node(volume)
    node.write({"label": "before"}, parcel(1))
    volume.trouble = Trouble("sync", 0, is_lasting=True)
    for _ in range(3):
        with pytest.raises(NotSaved):
            node.write({"label": "not saved"}, parcel(2))
        assert node.values(parcel(2)) == {}
    assert node.values() == {"label": "before"}
    volume.trouble = None
    node.write({"label": "after"}, parcel(3))
    assert not list(agrees_with_itself(node, is_plain=True))


@pytest.mark.slow
def test_a_node_starts_and_reads_on_a_disk_that_takes_nothing() -> None:
    volume = Volume()
    node = _node(volume)
    node.write({"label": "before"}, parcel(1))
    volume = volume.after_kill()
    volume.trouble = Trouble("write", 0, is_lasting=True)
    node = _node(volume)
    assert node.values() == {"label": "before"}
    with pytest.raises(NotSaved):
        node.write({"label": "not saved"}, parcel(2))
    volume.trouble = None
    node.write({"label": "after"}, parcel(3))
    assert node.values(parcel(2)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_sync_that_fails_where_nobody_is_told_loses_nothing(pattern: str) -> None:
    """INV-01: folding the log back is not what was asked, and SQLite passes over what fails in it.

    What had not waited for the disk would be made durable there first: so no transaction that
    does not wait folds the log back.
    """
    volume = Volume()
    connection = open_sectors(volume)
    node = Bench(1).node("leeds", connection)
    node.write({"label": "before"}, parcel(1))
    _leave_something_uncertain(node)
    connection.fold_log_every(2)
    volume.trouble = Trouble("sync", 0)
    _leave_something_uncertain(node)
    volume.trouble = None
    told = set(node.write({"label": "after"}, parcel(3)).op_ids)
    for seed in range(5):
        assert told <= _ids_after_a_cut(volume, pattern, seed)


@pytest.mark.slow
def test_the_log_is_folded_back_though_nothing_waits_for_the_disk() -> None:
    """INV-14: an idle hub notes who called, day and night."""
    volume = Volume()
    node = _node(volume)
    connection = node.store.core.connection
    assert isinstance(connection, SectorConnection)
    connection.fold_log_every(UNSYNCED_MAX)
    for _ in range(9 * UNSYNCED_MAX):
        _leave_something_uncertain(node)
    pages = len(volume.files[LOG].now) // PAGE_BYTES_MIN
    assert UNSYNCED_MAX < pages < 5 * UNSYNCED_MAX
