"""Messages: what binds a list of ops, and that the release before reads on."""

import msgspec

from sync_protocol.cursor import START
from sync_protocol.limits import PROTOCOL_VERSION
from sync_protocol.messages import (
    IDS_HASH_BYTES,
    Fault,
    Hello,
    Mark,
    Request,
    ids_hash,
    manifest_listing,
)
from tests import toys


def test_a_list_of_ids_is_bound_in_order() -> None:
    ids = [toys.op_id(1), toys.op_id(2)]
    assert ids_hash(ids) == ids_hash(tuple(ids))
    assert ids_hash(ids) != ids_hash(ids[::-1])
    assert len(ids_hash([])) == IDS_HASH_BYTES


def test_a_manifest_binds_number_and_verdict_of_each_op() -> None:
    listing = manifest_listing([(toys.op_id(1), 7, 1)])
    assert listing == toys.op_id(1) + (7).to_bytes(8, "big") + b"\x01"
    assert listing != manifest_listing([(toys.op_id(1), 8, 1)])
    assert listing != manifest_listing([(toys.op_id(1), 7, 5)])


def test_a_hello_says_which_versions_its_sender_speaks() -> None:
    hello = Hello(
        count=1,
        life=toys.life(1),
        seq=0,
        chain=b"",
        registry=b"",
        release="1",
        sent_ms=0,
        cursor=START,
    )
    assert hello.newest == PROTOCOL_VERSION
    assert hello.oldest <= hello.newest


def test_a_message_without_the_fields_appended_later_reads_on() -> None:
    older = msgspec.msgpack.encode([toys.life(1), 3, b"chain"])
    assert msgspec.msgpack.decode(older, type=Mark) == Mark(toys.life(1), 3, b"chain")


def test_a_message_with_fields_of_a_later_release_reads_on() -> None:
    fault = Fault(code="x", detail="y", count=1, incarnation=toys.incarnation(1))
    longer = [*msgspec.msgpack.decode(msgspec.msgpack.encode(fault)), "new", {"more": 1}]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(longer), type=Fault) == fault


def test_a_request_may_carry_no_ops() -> None:
    defaults: tuple[object, ...] = Request.__struct_defaults__
    assert defaults == ((), (), (), None, (), (), ())
