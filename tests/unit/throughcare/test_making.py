"""An estate on disk: made once, kept between runs, cleared without touching anything else."""

import os
import stat
import sys
from pathlib import Path

import msgspec
import pytest

from casework.access.passwords import check_password
from sync_protocol.io.boxes import box_public
from sync_protocol.io.key_ring import MissingKey, load_key, load_signer, make_key
from throughcare import making
from throughcare.children import Child
from throughcare.estate import (
    ESTATE_NAME,
    RECOVERY_NAME,
    BadEstate,
    Estate,
    folder_of,
    read_estate,
)
from throughcare.stores import NotThisNode, boxes_of

PORT = 18400


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return making.make_estate(tmp_path / "demo", making.PLACES_USUAL, PORT)


def test_every_node_has_keys_of_its_own(estate: Estate, tmp_path: Path) -> None:
    secrets = set()
    for node in estate.nodes:
        own = folder_of(tmp_path / "demo", node)
        assert load_signer(own.signing_key).public_key == node.key
        assert box_public(load_key(own.box_key)).hex() == node.box_key
        secrets |= {load_key(own.store_key), load_key(own.signing_key), load_key(own.box_key)}
    recovery = load_key(tmp_path / "demo" / RECOVERY_NAME)
    assert box_public(recovery).hex() == estate.recovery_key
    assert len(secrets | {recovery}) == 3 * len(estate.nodes) + 1
    assert estate.purpose == "demonstration"


def test_places_are_real_and_addresses_differ(estate: Estate) -> None:
    assert [node.name for node in estate.nodes] == [
        "The centre",
        "Leeds (HMP)",
        "Moorland (HMP & YOI)",
        "Leeds unit",
    ]
    ports = [node.port for node in estate.nodes]
    ports += [making.line_port(node) for node in estate.spokes]
    assert len(set(ports)) == len(ports)


def test_passwords_are_private_good_and_all_different(estate: Estate, tmp_path: Path) -> None:
    path = tmp_path / "demo" / making.SIGN_INS_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sign_ins = making.read_sign_ins(tmp_path / "demo")
    assert len({one.password for one in sign_ins}) == len(sign_ins)
    for one in sign_ins:
        check_password(one.password, one.user_name)
    for node in estate.nodes:
        names = [one.user_name for one in sign_ins if one.code == node.code]
        beside = making.ROLES_BESIDE[node.place.kind]
        assert len(set(names)) == len(making.ROLES_EACH) + len(beside)


def test_opening_again_keeps_everything_but_the_ports(estate: Estate, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    before = making.read_sign_ins(folder)
    again = making.open_estate(folder, PORT + 100)
    assert [node.id for node in again.nodes] == [node.id for node in estate.nodes]
    assert [node.port for node in again.nodes] == [node.port + 100 for node in estate.nodes]
    assert read_estate(folder / ESTATE_NAME) == again
    assert making.read_sign_ins(folder) == before


def test_an_estate_of_an_earlier_release_gets_the_keys_that_have_come_since(
    estate: Estate, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    old = msgspec.to_builtins(estate)
    for node in (old["hub"], *old["spokes"]):
        del node["box_key"]
        folder_of(folder, estate.node(node["id"])).box_key.unlink()
    del old["recovery_key"], old["purpose"]
    make_key(tmp_path / "box.key")
    (folder / RECOVERY_NAME).unlink()
    (folder / ESTATE_NAME).write_bytes(msgspec.json.encode(old))
    with pytest.raises(BadEstate, match="no box key of CENTRE, LEI, MDI, N55LEE, recovery"):
        boxes_of(read_estate(folder / ESTATE_NAME), estate.hub, tmp_path / "box.key")
    again = making.open_estate(folder, PORT)
    for node in again.nodes:
        boxes_of(again, node, folder_of(folder, node).box_key)
    assert again.purpose == "demonstration"


def test_a_key_that_the_estate_names_is_never_made_again(estate: Estate, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / RECOVERY_NAME).unlink()
    folder_of(folder, estate.hub).box_key.unlink()
    assert making.open_estate(folder, PORT) == estate
    assert not (folder / RECOVERY_NAME).exists()
    with pytest.raises(MissingKey, match=r"box\.key"):
        boxes_of(estate, estate.hub, folder_of(folder, estate.hub).box_key)


def test_the_box_key_of_another_node_is_refused(estate: Estate, tmp_path: Path) -> None:
    other = folder_of(tmp_path / "demo", estate.node("MDI")).box_key
    with pytest.raises(NotThisNode, match=r"box\.key is not the box key of LEI"):
        boxes_of(estate, estate.node("LEI"), other)


def test_offices_are_all_places_with_their_staff(estate: Estate, tmp_path: Path) -> None:
    offices = making.offices_of(estate, making.read_sign_ins(tmp_path / "demo"))
    assert [(one.code, one.kind) for one in offices] == [
        ("CENTRE", "centre"),
        ("LEI", "prison"),
        ("MDI", "prison"),
        ("N55LEE", "probation"),
    ]
    assert all(len(one.officers) == making.ROLES_EACH.count("staff") for one in offices)


def test_clearing_removes_the_demonstration(estate: Estate, tmp_path: Path) -> None:
    making.clear(tmp_path / "demo")
    assert list((tmp_path / "demo").iterdir()) == []
    assert not making.is_made(tmp_path / "demo")


def test_clearing_a_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    making.clear(tmp_path / "nowhere")


@pytest.mark.process
def test_clearing_stops_what_a_killed_demonstration_left(estate: Estate, tmp_path: Path) -> None:
    own = folder_of(tmp_path / "demo", estate.node("LEI"))
    left = Child(
        command=(sys.executable, "-c", "import time; time.sleep(60)"),
        environment=os.environ,
        log=tmp_path / "log.txt",
        pid_file=own.pid,
    )
    left.start()
    making.clear(tmp_path / "demo")
    is_left = left.is_running
    left.kill()
    assert not is_left


@pytest.mark.parametrize("stranger", ["thesis.txt", "photos/cat.jpg", "notes.json"])
def test_what_is_not_ours_is_never_removed(tmp_path: Path, stranger: str) -> None:
    path = tmp_path / stranger
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(making.NotOurs, match="--dir"):
        making.clear(tmp_path)
    assert path.read_text() == "mine"


def test_one_stranger_beside_an_estate_keeps_all_of_it(estate: Estate, tmp_path: Path) -> None:
    (tmp_path / "demo" / "thesis.txt").write_text("mine")
    with pytest.raises(making.NotOurs):
        making.clear(tmp_path / "demo")
    assert read_estate(tmp_path / "demo" / ESTATE_NAME) == estate
