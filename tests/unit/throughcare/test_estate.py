"""The estate file: whole, sound, and refused with every fault at once."""

import stat
from pathlib import Path

import msgspec
import pytest

from throughcare.estate import (
    BadEstate,
    Estate,
    EstateNode,
    NodeFolder,
    Place,
    folder_of,
    read_estate,
    write_estate,
    write_private,
)


def _node(code: str, place: int, kind: str = "prison") -> EstateNode:
    return EstateNode(
        id=f"{place:032x}",
        name=f"HMP {code}",
        place=Place(kind, code),  # type: ignore[arg-type]
        url=f"http://127.0.0.1:{8400 + place}",
        public_key=f"{place + 100:064x}",
    )


ESTATE = Estate("Test", _node("CENTRE", 0, "centre"), (_node("LEI", 1), _node("MDI", 2)))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_estate(tmp_path / "estate.json", ESTATE)
    assert read_estate(tmp_path / "estate.json") == ESTATE


def test_a_node_is_found_by_code_or_id() -> None:
    assert ESTATE.node("lei").code == "LEI"
    assert ESTATE.node(f"{2:032x}").code == "MDI"
    assert ESTATE.hub.port == 8400


def test_a_node_that_is_not_in_it_is_refused() -> None:
    with pytest.raises(BadEstate, match="no node WEI; it knows CENTRE, LEI, MDI"):
        ESTATE.node("WEI")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    bad = EstateNode("xyz", "Bad", Place("prison", "../x"), "nowhere", "12", "Z")
    spokes = (bad, _node("LEI", 1), _node("OFF", 3, "centre"))
    estate = Estate("Bad", _node("LEI", 1), spokes, recovery_key="1")
    path = tmp_path / "estate.json"
    path.write_bytes(msgspec.json.encode(estate))
    with pytest.raises(BadEstate) as refused:
        read_estate(path)
    for words in (
        "the id must be 32",
        "the public key must be 64",
        "the box key must be 64",
        "the recovery key must be 64",
        "letters and digits only",
        "is not an address",
        "two nodes have the id",
        "two nodes have the code LEI",
        "hub's place must be of kind centre",
        "OFF: only the hub is the centre",
    ):
        assert words in str(refused.value)
    assert "--fresh" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 3}', b"\xff\xfe"])
def test_what_is_no_estate_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "estate.json"
    path.write_bytes(content)
    with pytest.raises(BadEstate, match=r"estate\.json"):
        read_estate(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadEstate, match="There is no file"):
        read_estate(tmp_path / "estate.json")


def test_a_private_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, b"one")
    write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_nodes_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ESTATE.node("LEI"))
    folder.make()
    assert folder == NodeFolder(tmp_path / "LEI")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert folder.backups.is_dir()
