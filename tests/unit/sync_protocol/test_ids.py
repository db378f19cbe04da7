"""Ids: what is random comes from outside, what is derived is the same everywhere."""

import uuid

import pytest

from sync_protocol.ids import ID_BYTES, derived_id, is_id, singleton_record, uuid7
from tests import toys


def test_a_uuid7_is_one_to_everybody_else() -> None:
    made = uuid.UUID(bytes=uuid7(toys.MORNING_MS, b"\xff" * 10))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == toys.MORNING_MS


def test_ids_made_later_sort_later() -> None:
    early = uuid7(toys.MORNING_MS, b"\xff" * 10)
    assert early < uuid7(toys.MORNING_MS + 1, bytes(10))


def test_a_time_before_1970_counts_as_1970() -> None:
    assert uuid7(-5, bytes(10)) == uuid7(0, bytes(10))


def test_all_chance_but_version_and_variant_is_kept() -> None:
    zeros, ones = uuid7(0, bytes(10)), uuid7(0, b"\xff" * 10)
    differing = int.from_bytes(zeros, "big") ^ int.from_bytes(ones, "big")
    assert differing.bit_count() == 74


def test_too_little_chance_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        uuid7(0, bytes(9))


def test_a_derived_id_binds_where_its_parts_end() -> None:
    assert derived_id(b"ab", b"c") != derived_id(b"a", b"bc")
    assert len(derived_id()) == ID_BYTES


def test_two_nodes_name_the_same_singleton() -> None:
    ours = singleton_record(toys.subject(1), "shelf")
    assert ours == singleton_record(toys.subject(1), "shelf")
    assert ours != singleton_record(toys.subject(2), "shelf")
    assert ours != singleton_record(toys.subject(1), "parcel")


@pytest.mark.parametrize("value", [bytes(15), bytes(17), "x" * 16, None])
def test_what_is_not_sixteen_bytes_is_no_id(value: object) -> None:
    assert not is_id(value)


def test_sixteen_bytes_are_an_id() -> None:
    assert is_id(bytes(16))
