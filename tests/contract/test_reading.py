"""Reading: one snapshot, found by any word, with its history, its conflicts and a trail."""

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import UnknownKind
from sync_protocol.ids import NO_ACTOR
from sync_protocol.io.audit_trail import AuditLine, is_unbroken, read_trail
from sync_protocol.io.verify import verify_store
from sync_protocol.merge import RecordKey
from tests import toys
from tests.contract.trails import unguard
from tests.contract.world import Node, World, parcel

DOES_NOT_FOLLOW = "audit: line 2 does not follow from the one before"


def _found(node: Node, text: str, limit: int = 50) -> set[str]:
    with node.store.reading() as reading:
        return {str(one.values["label"]) for one in reading.search("parcel", text, limit)}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("gree", {"green boots", "Grêen shoes"}),
        ("GREEN b", {"green boots"}),
        ("boots green", {"green boots"}),
        ("ree", set()),
        ("", set()),
        ('"', set()),
        ("green OR shoes", set()),
        ("green AND boots", set()),
        ("label: green", set()),
        ("-*^()", set()),
        ("green\x00", {"green boots", "Grêen shoes"}),
        ("\x00", set()),
        ("green 'boots'; --", {"green boots"}),
        ("\ud800", set()),
        ("g" * 10_000, set()),
    ],
)
def test_search_finds_each_word_by_its_beginning(leeds: Node, text: str, labels: set[str]) -> None:
    """INV-14: what a person types is words, whatever it looks like."""
    leeds.write({"label": "green boots"}, parcel(1))
    leeds.write({"label": "Grêen shoes"}, parcel(2))
    leeds.write({"label": "red hat"}, parcel(3))
    assert _found(leeds, text) == labels


def test_search_follows_what_is_shown(leeds: Node) -> None:
    """INV-02: the index is written with the op."""
    first = leeds.write({"label": "boots"})
    assert _found(leeds, "boots") == {"boots"}
    leeds.write({"label": "hat"})
    assert _found(leeds, "boots") == set()
    assert _found(leeds, "hat") == {"hat"}
    leeds.store.rebuild()
    assert _found(leeds, "hat") == {"hat"}
    assert first.op_ids


def test_search_keeps_its_limit(leeds: Node) -> None:
    """INV-14."""
    for number in range(5):
        leeds.write({"label": f"boots {number}"}, parcel(number))
    assert len(_found(leeds, "boots", 3)) == 3


def test_history_lists_every_op_newest_first_page_by_page(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-11: also what no longer stands, and what concerns the subject as the other of a pair."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    moorland.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    world.settle()
    leeds.write({"colour": "red"})
    with leeds.store.reading() as reading:
        entries = reading.history(toys.subject(1))
        first = reading.history(toys.subject(1), limit=3)
        second = reading.history(toys.subject(1), limit=3, before=first[-1].op_no)
        other = reading.history(toys.subject(2))
        assert reading.history(toys.subject(99)) == []
    fields = [sorted(entry.op.values) for entry in entries if entry.op is not None]
    assert fields == [["colour"], ["reason", "status"], ["label"], ["text"]]
    assert first + second == entries
    assert [entry.op_id for entry in other] == [entries[1].op_id]
    assert [entry.hub_seq is None for entry in entries] == [True, False, False, False]


def test_moments_put_a_life_in_order_and_entries_give_what_is_shown(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-11: every op of either side is there once, with the moment that its author gave."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"}, happened_at=5_000)
    moorland.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY, happened_at=1_000)
    world.settle()
    with leeds.store.reading() as reading:
        moments = sorted(reading.logged.moments(toys.subject(1)), key=lambda one: one.happened_ms)
        entries = reading.logged.entries([one.op_no for one in moments])
        backwards = reading.logged.entries([one.op_no for one in reversed(moments)])
        assert reading.logged.moments(toys.subject(99)) == []
        assert reading.logged.entries([999]) == []
        history = reading.history(toys.subject(1))
    told = [(one.op.happened_at, one.reached_ms) for one in entries if one.op is not None]
    assert told == [(one.happened_ms, one.reached_ms) for one in moments]
    assert {1_000, 5_000} <= {one.happened_ms for one in moments}
    assert backwards == entries[::-1]
    assert {one.op_id for one in entries} == {one.op_id for one in history}


def test_headers_name_who_wrote_in_the_records_of_one_kind(leeds: Node) -> None:
    leeds.write({"label": "boots"}, parcel(1, 1))
    leeds.write({"label": "hat"}, parcel(1, 2))
    leeds.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    with leeds.store.reading() as reading:
        found = dict(reading.logged.headers("parcel", toys.subject(1)))
        entries = {
            entry.op_id: entry.op.header.record
            for entry in reading.history(toys.subject(1))
            if entry.op is not None and entry.op.header.kind == "parcel"
        }
    assert {op_id: header.record for op_id, header in found.items()} == entries


def test_the_history_of_one_record_is_its_own(leeds: Node) -> None:
    leeds.write({"label": "boots"}, parcel(1, 1))
    leeds.write({"label": "hat"}, parcel(1, 2))
    leeds.write({"colour": "red"}, parcel(1, 1))
    with leeds.store.reading() as reading:
        entries = reading.record_history(parcel(1, 1))
    values = [entry.op.values for entry in entries if entry.op is not None]
    assert values == [{"label": "boots"}, {"colour": "red"}]


def test_a_record_says_whether_all_that_it_shows_is_at_the_centre(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: shown at once at its author, marked until the hub has it."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    shown = leeds.shown()
    assert shown is not None
    assert not shown.at_centre
    world.settle()
    shown = leeds.shown()
    assert shown is not None
    assert shown.at_centre
    assert (shown.node, shown.actor) == (leeds.id, toys.actor(1))


def test_what_was_seen_of_one_pair_says_nothing_of_another(leeds: Node) -> None:
    """INV-06: one record id between other people is another record."""
    other = RecordKey("grudge", (toys.subject(1), toys.subject(3)), toys.GRUDGE_KEY.record)
    leeds.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    before = leeds.shown(toys.GRUDGE_KEY)
    leeds.write({"reason": "smoke", "status": "open"}, other)
    after = leeds.shown(toys.GRUDGE_KEY)
    assert before is not None
    assert after is not None
    assert after.seen == before.seen


def test_a_pair_is_found_from_either_side(leeds: Node) -> None:
    leeds.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    with leeds.store.reading() as reading:
        sides = [reading.records("grudge", toys.subject(number)) for number in (1, 2, 3)]
        assert [len(side) for side in sides] == [1, 1, 0]
        assert len(list(reading.records_of_all("grudge"))) == 1
        with pytest.raises(UnknownKind):
            reading.records("crate", toys.subject(1))


def test_a_reading_changes_nothing(leeds: Node) -> None:
    """INV-02: what a page may ask for in SQL is reading alone."""
    leeds.write({"label": "boots"})
    with leeds.store.reading() as reading:
        assert reading.select("SELECT label FROM parcel WHERE label = ?", ("boots",)) == [
            ("boots",)
        ]
    assert leeds.ops == 1


def test_a_read_is_witnessed_before_its_answer_and_survives_the_fall(leeds: Node) -> None:
    """INV-13: the line is durable when `witness` returns."""
    line = AuditLine(
        actor=toys.actor(2), act="read", subject=toys.subject(1), why="visit", detail="parcel"
    )
    leeds.store.witness([line])
    leeds.reopen()
    with leeds.store.changing() as connection:
        entries = list(read_trail(connection))
        assert is_unbroken(connection)
    assert [entry.line for entry in entries] == [line]


def test_a_write_is_witnessed_in_its_own_transaction(leeds: Node) -> None:
    """INV-02: who, what, to whom and why, with ids and codes and never a value."""
    leeds.write({"label": "boots"})
    with leeds.store.changing() as connection:
        (entry,) = read_trail(connection, "act = ?", ("write",))
    assert (entry.line.actor, entry.line.subject) == (toys.actor(1), toys.subject(1))
    assert entry.line.why == "asked"
    assert "label" in entry.line.detail
    assert "boots" not in entry.line.detail


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("UPDATE audit SET why = 'other' WHERE line_no = 2", DOES_NOT_FOLLOW),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE line_no = 2", DOES_NOT_FOLLOW),
        ("UPDATE audit SET role = 'senior' WHERE line_no = 2", DOES_NOT_FOLLOW),
        ("DELETE FROM audit WHERE line_no = 2", "audit: line 2 is missing"),
        ("DELETE FROM audit WHERE line_no > 1", "audit: line 2 is missing: the end was cut off"),
        ("DELETE FROM audit", "audit: line 1 is missing: the end was cut off"),
    ],
)
def test_a_broken_audit_is_found(leeds: Node, fault: str, found: str) -> None:
    """INV-13, S29: each line binds the one before; `verify_store` names the first bad one."""
    for number in range(4):
        leeds.store.witness([AuditLine(actor=NO_ACTOR, act="read", detail=str(number))])
    assert verify_store(leeds.store).faults == ()
    with leeds.store.changing() as connection:
        unguard(connection)
        connection.execute(fault)
    with leeds.store.changing() as connection:
        assert not is_unbroken(connection)
    assert verify_store(leeds.store).faults == (found,)


@pytest.mark.parametrize(
    "change", ["UPDATE audit SET why = 'other'", "DELETE FROM audit WHERE line_no = 1"]
)
def test_the_store_itself_refuses_to_change_a_line(leeds: Node, change: str) -> None:
    """S29: whatever in this program tried to."""
    leeds.store.witness([AuditLine(actor=NO_ACTOR, act="read")])
    with (
        pytest.raises(sqlcipher.IntegrityError, match="only added"),
        leeds.store.changing() as connection,
    ):
        connection.execute(change)
    assert leeds.count("SELECT count(*) FROM audit WHERE why = ''") == 1


def test_an_audit_whose_end_was_cut_off_is_not_healed_by_what_follows(leeds: Node) -> None:
    """INV-13: the next line goes on from the one that is missing."""
    for number in range(4):
        leeds.store.witness([AuditLine(actor=NO_ACTOR, act="read", detail=str(number))])
    with leeds.store.changing() as connection:
        unguard(connection)
        connection.execute("DELETE FROM audit WHERE line_no > 2")
    leeds.write({"label": "boots"})
    with leeds.store.changing() as connection:
        assert not is_unbroken(connection)


def test_an_audit_of_an_earlier_release_goes_on_from_its_last_line(leeds: Node) -> None:
    """INV-13: its end was not noted then."""
    leeds.store.witness([AuditLine(actor=NO_ACTOR, act="read")])
    with leeds.store.changing() as connection:
        connection.execute("DELETE FROM meta WHERE name = 'audit_end'")
        assert is_unbroken(connection)
    leeds.store.witness([AuditLine(actor=NO_ACTOR, act="read", detail="again")])
    with leeds.store.changing() as connection:
        assert is_unbroken(connection)
        assert len(list(read_trail(connection))) == 2


def test_a_projection_that_was_tampered_with_is_found(leeds: Node) -> None:
    """INV-04."""
    leeds.write({"label": "boots"})
    with leeds.store.changing() as connection:
        connection.execute("UPDATE parcel SET label = 'gloves'")
    verified = verify_store(leeds.store)
    assert not verified.projections_equal
    assert leeds.values()["label"] == "gloves", "verifying repairs nothing"
    leeds.store.rebuild()
    assert verify_store(leeds.store).projections_equal


def test_an_op_or_a_digest_that_was_tampered_with_is_found(leeds: Node, world: World) -> None:
    """INV-08: ids come from bytes, chains from ids, digests from verdicts."""
    leeds.write({"label": "boots"})
    world.settle()
    with leeds.store.changing() as connection:
        connection.execute("UPDATE subjects SET digest_count = digest_count + 1")
    assert not verify_store(leeds.store).digests_equal
    with leeds.store.changing() as connection:
        connection.execute("UPDATE ops SET opening = CAST(opening || x'00' AS BLOB)")
    faults = verify_store(leeds.store).faults
    assert any("another id" in fault for fault in faults)
    assert any("another chain" in fault for fault in faults)
