"""The golden vectors: bytes, hashes and merges that must never change without anybody noticing.

Run with --rewrite to write them anew, and commit only a change that you can explain.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sync_protocol.causality import read_seen_token
from sync_protocol.codec import open_envelope, read_envelope
from sync_protocol.io.boxes import open_box
from sync_protocol.messages import Fault, Request
from sync_protocol.op import Op, OpBytes, read_op
from sync_protocol.seal import check_signature
from tests import toys
from tests.properties.strategies import Replica
from tests.vectors.make import KEY, VECTORS

FOLDER = Path(__file__).parent
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize("name", VECTORS)
def test_what_is_made_today_is_what_was_made_before(name: str, *, rewrite: bool) -> None:
    path = FOLDER / f"{name}.json"
    made = json.dumps(VECTORS[name](), indent=1, ensure_ascii=False) + "\n"
    if rewrite:
        path.write_text(made, "utf-8")
    assert path.read_text("utf-8") == made


def test_every_file_of_vectors_is_made_by_somebody() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(VECTORS)


@pytest.mark.parametrize("vector", json.loads((FOLDER / "ops.json").read_text("utf-8")))
def test_the_bytes_of_an_op_written_before_are_read_today(vector: dict[str, Any]) -> None:
    op = _read(vector)
    assert op.id.hex() == vector["id"]
    assert op.hash.hex() == vector["hash"]
    assert op.header.kind == vector["header"]["kind"]
    assert op.header.seq == vector["header"]["seq"]


@pytest.mark.parametrize("vector", json.loads((FOLDER / "merges.json").read_text("utf-8")))
def test_a_record_written_before_merges_alike_in_any_order(vector: dict[str, Any]) -> None:
    """INV-03, INV-04: across releases as well as across nodes."""
    ops = [(_read(one), False) for one in vector["ops"]]
    one, other = Replica().receive_all(ops), Replica().receive_all(reversed(ops))
    assert one.canonical() == other.canonical()
    standing = {field for stands in one.state.standing.values() for field in stands.values}
    assert standing == set(vector["standing"])


@pytest.mark.parametrize("vector", json.loads((FOLDER / "chain.json").read_text("utf-8")))
def test_a_signature_made_before_verifies_today(vector: dict[str, Any]) -> None:
    check_signature(PUBLIC, bytes.fromhex(vector["claim"]), bytes.fromhex(vector["signature"]))


@pytest.mark.parametrize("vector", json.loads((FOLDER / "envelopes.json").read_text("utf-8")))
def test_an_envelope_sealed_before_opens_today(vector: dict[str, Any]) -> None:
    envelope = read_envelope(bytes.fromhex(vector["sealed"]))
    message = open_envelope(envelope, toys.node(2), PUBLIC)
    if isinstance(message, Fault):
        assert message.code == vector["message"]["code"]
    else:
        assert isinstance(message, Request)
        assert message.hello.count == vector["message"]["hello"]["count"]


@pytest.mark.parametrize("vector", json.loads((FOLDER / "boxes.json").read_text("utf-8")))
def test_a_box_closed_before_opens_today(vector: dict[str, Any]) -> None:
    secret, box = bytes.fromhex(vector["secret"]), bytes.fromhex(vector["box"])
    assert open_box(secret, box, bytes.fromhex(vector["context"])).hex() == vector["content"]


@pytest.mark.parametrize("vector", json.loads((FOLDER / "tokens.json").read_text("utf-8"))[:4])
def test_a_token_given_before_is_read_today(vector: dict[str, Any]) -> None:
    assert {one.hex() for one in read_seen_token(vector["token"])} == set(vector["seen"])


def _read(vector: dict[str, Any]) -> Op:
    body = vector["body_bytes"]
    raw = OpBytes(
        bytes.fromhex(vector["opening"]),
        None if body is None else bytes.fromhex(body),
        bytes.fromhex(vector["body_hash"]),
    )
    return read_op(raw)
