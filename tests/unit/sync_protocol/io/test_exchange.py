"""A spoke and a hub over real stores: what was acknowledged is there, whatever broke between."""

from pathlib import Path

import pytest

from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.verify import verify_store
from tests import toys
from tests.unit.sync_protocol.io.estate import OTHER, SPOKE, STORE_KEY, Estate, ids, write


def _lost(raw: bytes) -> bytes:
    raise ConnectionError(len(raw))


def test_what_was_acknowledged_to_a_user_reaches_the_hub(estate: Estate) -> None:
    """INV-01, INV-10."""
    written = {write(estate.spoke, {"reason": f"noise {at}"}) for at in range(5)}
    estate.exchange(estate.spoke)
    assert ids(estate.hub) == written
    assert estate.spoke.spoke.waiting() == (0, 0)


def test_an_answer_that_is_lost_loses_nothing(estate: Estate) -> None:
    """INV-01, INV-03: the hub stored it, the spoke never heard, and offers it again."""
    written = write(estate.spoke, {"reason": "noise"})

    def taken_and_lost(raw: bytes) -> bytes:
        estate.answer(raw)
        return _lost(raw)

    with pytest.raises(ConnectionError):
        estate.exchange(estate.spoke, taken_and_lost)
    assert estate.spoke.spoke.waiting()[0] == 1
    estate.exchange(estate.spoke)
    assert ids(estate.hub) == {written}
    assert estate.spoke.spoke.waiting()[0] == 0


def test_a_spoke_killed_and_opened_again_goes_on_where_it_was(estate: Estate) -> None:
    """INV-01, INV-02."""
    first = write(estate.spoke, {"reason": "noise"})
    estate.exchange(estate.spoke)
    second = write(estate.spoke, {"reason": "smoke"})
    estate.spoke = estate.open(SPOKE)
    estate.exchange(estate.spoke)
    assert ids(estate.hub) == {first, second}


def test_a_hub_restored_from_before_is_offered_all_again(estate: Estate) -> None:
    """INV-01: what the hub had acknowledged counts for nothing in its next incarnation."""
    written = {write(estate.spoke, {"reason": "noise"})}
    estate.exchange(estate.spoke)
    with estate.hub.core.transaction():
        for table in ("ops", "segments", "tips", "standing", "records", "lives"):
            estate.hub.core.connection.execute(f"DELETE FROM {table}")
        estate.hub.core.folding.forget()
        estate.hub.core.connection.execute("UPDATE subjects SET digest_count = 0")
    estate.hub.start_incarnation()
    assert ids(estate.hub) == set()
    estate.exchange(estate.spoke)
    assert ids(estate.hub) == written


def test_a_copied_spoke_is_found_at_its_first_exchange_and_neither_branch_is_lost(
    estate: Estate, tmp_path: Path
) -> None:
    """INV-08, INV-01: two branches of one life; the second starts a life of its own."""
    common = write(estate.spoke, {"reason": "noise"})
    estate.spoke.close()
    copied = tmp_path / "copied"
    copied.mkdir()
    original = tmp_path / f"{SPOKE.hex()}.db"
    (copied / original.name).write_bytes(original.read_bytes())
    estate.spoke = estate.open(SPOKE)
    one = write(estate.spoke, {"reason": "smoke"})
    estate.exchange(estate.spoke)
    twin_estate = Estate(copied)
    twin_estate.hub = estate.hub
    twin_estate.chance(1000)
    other = write(twin_estate.spoke, {"reason": "fire"})
    life = twin_estate.spoke.core.place().life
    twin_estate.exchange(twin_estate.spoke)
    assert ids(estate.hub) == {common, one, other}
    assert twin_estate.spoke.core.place().life != life
    twin_estate.spoke.close()


def test_a_spoke_is_not_sent_what_it_may_not_hold(estate: Estate) -> None:
    """INV-05, as far as it goes in this form: what was never granted never comes."""
    write(estate.spoke, {"reason": "noise"})
    estate.exchange(estate.spoke)
    estate.exchange(estate.other)
    assert ids(estate.other) == set()


def test_both_who_may_hold_a_subject_show_the_same(estate: Estate) -> None:
    """INV-04: two nodes with the same ops have the same projection to the byte."""
    write(estate.spoke, {"reason": "noise", "status": "open"})
    estate.exchange(estate.spoke)
    estate.enter(OTHER, *toys.GRUDGE_KEY.subjects)
    estate.exchange(estate.other)
    write(estate.other, {"status": "closed"})
    write(estate.spoke, {"reason": "smoke"})
    for spoke in (estate.other, estate.spoke, estate.other):
        estate.exchange(spoke)
    stores = (estate.hub, estate.spoke, estate.other)
    assert len(ids(estate.hub)) == 3
    assert len({store.projection_digest() for store in stores}) == 1
    assert all(not verify_store(store).faults for store in stores)


def test_a_read_is_witnessed_before_it_is_shown(estate: Estate, tmp_path: Path) -> None:
    """INV-13: once `witness` returns, the line is on disk, though the process die at once."""
    line = AuditLine(actor=toys.actor(1), act="read", subject=toys.subject(1), why="asked")
    estate.spoke.witness([line])
    beside = open_encrypted(tmp_path / f"{SPOKE.hex()}.db", STORE_KEY, must_exist=True)
    rows = beside.execute("SELECT actor, act, subject, why FROM audit")
    beside.close()
    assert rows == [(toys.actor(1), "read", toys.subject(1), "asked")]
