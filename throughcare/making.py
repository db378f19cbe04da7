"""Makes an estate on disk: a folder and keys for each node, the estate file, and who may sign in.

What is made once is kept between runs: ids, keys, names and passwords. Only the ports may change,
so addresses are written anew at each start.
"""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Final

import msgspec

from casework.access.caller import PlaceKind, Role
from casework.desk.settings import PREFIX
from casework.reference.in_use import place_name
from sync_protocol.errors import DOES_NOT_DECODE, Refused
from sync_protocol.ids import ActorId, uuid7
from sync_protocol.io.boxes import box_public
from sync_protocol.io.key_ring import load_or_make_key, load_signer
from sync_protocol.io.system_clock import SystemClock, system_chance
from throughcare.children import stop_stale
from throughcare.clocks import read_shift, write_shift
from throughcare.estate import (
    CENTRE_CODE,
    ESTATE_NAME,
    FOLDER_MODE,
    RECOVERY_NAME,
    Estate,
    EstateNode,
    NodeFolder,
    Place,
    folder_of,
    read_estate,
    write_estate,
    write_private,
)
from throughcare.people.names import draw_staff_name
from throughcare.people.offices import Office, Officer

SIGN_INS_NAME: Final = "sign-ins.json"
LOADED_NAME: Final = "loaded.json"
ESTATE_TITLE: Final = "Demonstration estate"
HOST: Final = "127.0.0.1"
LINE_PORTS_FROM: Final = 50
ROLES_EACH: Final[tuple[Role, ...]] = ("staff", "staff", "staff", "staff", "administrator")
ROLES_BESIDE: Final[Mapping[PlaceKind, tuple[Role, ...]]] = {
    "centre": ("auditor",),
    "prison": ("senior",),
    "probation": ("senior", "victim_liaison"),
}
"""One of each, who recorded nobody: to see what they see."""
NODE_SHUTDOWN_S: Final = 3
SPOKES_MAX: Final = LINE_PORTS_FROM - 1
PLACES_USUAL: Final = (
    Place("prison", "LEI"),
    Place("prison", "MDI"),
    Place("probation", "N55LEE"),
)
_WORD_LIST: Final = (
    "alder amber arrow badge barley basin beacon birch bramble bridge brook bucket butter candle"
    " canvas carpet castle cedar cherry clover cobble copper cotton crane curlew daisy dapple"
    " drift ember engine falcon feather fennel ferry fiddle flint forest garden gravel hammer"
    " harbour hazel heron hollow iris island jacket juniper kettle ladder lantern larch lemon"
    " linen lobster magnet maple marble meadow mirror mitten nettle oyster paddle parsley pebble"
    " pepper pewter pillow plover pocket poplar quarry rabbit ribbon river rocket saddle saffron"
    " salmon sandal shovel silver spindle squirrel starling sycamore tablet thimble thistle timber"
    " tulip tunnel turnip velvet violin walnut willow window winter"
)
AN_ID_IN_HEX: Final = "^[0-9a-f]{32}$"
WORDS: Final = tuple(_WORD_LIST.split())
PASSWORD_WORDS: Final = 4


class NotOurs(Refused):
    """The folder holds something that is not a demonstration."""

    code = "not_ours"
    hint = "Name another folder with --dir."


class BadSignIns(Refused):
    """The file of the demonstration's sign-ins cannot be used."""

    code = "bad_sign_ins"
    hint = "Make the demonstration again with: throughcare demo --fresh"


class SignIn(msgspec.Struct, frozen=True):
    """An account that the demonstration opened, with its password."""

    code: str
    user_name: str
    password: str
    display_name: str
    role: Role
    staff: Annotated[str, msgspec.Meta(pattern=AN_ID_IN_HEX)]

    @property
    def staff_id(self) -> ActorId:
        """The id of this member of staff."""
        return ActorId(bytes.fromhex(self.staff))


class Loaded(msgspec.Struct, frozen=True):
    """What the estate was filled with; the file is written when all of it is there."""

    people: int
    ops: int
    seed: int


def write_settings(folder: Path, estate: Estate, clock_shift_ms: int | None = None) -> None:
    """What each node is started with; a spoke finds the hub at its end of the line.

    A node whose clock was shifted goes on living at that time, unless another shift is named.
    """
    for node in estate.nodes:
        own = folder_of(folder, node)
        lines = {
            "ESTATE": (folder / ESTATE_NAME).resolve(),
            "FOLDER": own.path.resolve(),
            "NODE": node.code,
            "SHUTDOWN_S": NODE_SHUTDOWN_S,
        }
        if node.place.kind != "centre":
            lines["HUB_URL"] = _url(line_port(node))
        text = "".join(f"{PREFIX}{name}={value}\n" for name, value in lines.items())
        shift_ms = read_shift(own.settings) if clock_shift_ms is None else clock_shift_ms
        write_private(own.settings, text.encode())
        write_shift(own.settings, shift_ms)


def is_made(folder: Path) -> bool:
    """Whether a whole estate stands here: made, and filled to the end."""
    return (folder / LOADED_NAME).is_file() and (folder / ESTATE_NAME).is_file()


def clear(folder: Path) -> None:
    """Removes a demonstration and nothing else; raises NotOurs where there is something else."""
    ours = check_clear(folder)
    # A node left behind would hold its port for ever: once its folder is gone, nobody knows whom
    # to stop.
    stop_left_behind(folder)
    names = (LOADED_NAME, SIGN_INS_NAME, ESTATE_NAME, RECOVERY_NAME) if ours else ()
    for one in (*(folder / name for name in names), *ours):
        # The marker goes first: an estate half removed is not taken for a whole one.
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)


def check_clear(folder: Path) -> list[Path]:
    """What `clear` would remove; raises NotOurs where the folder holds something else."""
    found = list(folder.iterdir()) if folder.exists() else []
    ours = [one for one in found if _is_ours(one)]
    if len(ours) < len(found) or (ours and not _is_estate(folder)):
        raise NotOurs(f"{folder} holds more than a demonstration made.")
    return ours


def stop_left_behind(folder: Path) -> None:
    """Stops what a killed demonstration left running: it holds the ports and the stores."""
    for one in folder.iterdir() if folder.exists() else ():
        if one.is_dir():
            stop_stale(NodeFolder(one).pid)


def make_estate(folder: Path, places: Sequence[Place], port_base: int) -> Estate:
    """A new estate with these places around one centre, in an empty folder."""
    assert 0 < len(places) <= SPOKES_MAX, "each spoke needs a port of its own"
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    hub = _make_node(folder, Place("centre", CENTRE_CODE), port_base)
    spokes = [
        _make_node(folder, place, port_base + number) for number, place in enumerate(places, 1)
    ]
    estate = _with_keys(folder, Estate(ESTATE_TITLE, hub, tuple(spokes)))
    write_estate(folder / ESTATE_NAME, estate)
    write_private(folder / SIGN_INS_NAME, msgspec.json.encode(_make_sign_ins(estate)))
    return estate


def open_estate(folder: Path, port_base: int) -> Estate:
    """The estate that stands here, its addresses brought to these ports.

    One made by an earlier release is given the keys that have come since.
    """
    kept = read_estate(folder / ESTATE_NAME)
    hub, *spokes = (
        msgspec.structs.replace(node, url=_url(port_base + number))
        for number, node in enumerate(kept.nodes)
    )
    moved = msgspec.structs.replace(kept, hub=hub, spokes=tuple(spokes))
    estate = _with_keys(folder, moved)
    write_estate(folder / ESTATE_NAME, estate)
    return estate


def line_port(node: EstateNode) -> int:
    """The port where a spoke finds its line to the hub."""
    return node.port + LINE_PORTS_FROM


def read_sign_ins(folder: Path) -> tuple[SignIn, ...]:
    """The accounts that the demonstration opened; raises BadSignIns."""
    file = folder / SIGN_INS_NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[SignIn, ...])
    except OSError as fault:
        raise BadSignIns(f"{file} cannot be read: {fault.strerror}.") from fault
    except DOES_NOT_DECODE as fault:
        raise BadSignIns(f"{file}: {type(fault).__name__}.") from fault


def offices_of(estate: Estate, sign_ins: Sequence[SignIn]) -> tuple[Office, ...]:
    """The centre, the prisons and units, with the staff who write there."""
    return tuple(
        Office(
            node.code,
            node.place.kind,
            tuple(
                Officer(one.staff_id, one.display_name)
                for one in sign_ins
                if one.code == node.code and one.role == "staff"
            ),
        )
        for node in estate.nodes
    )


def _make_node(folder: Path, place: Place, port: int) -> EstateNode:
    own = NodeFolder(folder / place.code)
    own.make()
    load_or_make_key(own.store_key)
    load_or_make_key(own.signing_key)
    public_key = load_signer(own.signing_key).public_key
    node_id = uuid7(SystemClock().now_ms(), system_chance(10))
    return EstateNode(node_id.hex(), _name_of(place), place, _url(port), public_key.hex())


def _with_keys(folder: Path, estate: Estate) -> Estate:
    """The estate with the public box key of each node and of recovery, made where it names none.

    One that it names is never made again: what is sealed to it would open no more. The recovery key
    of a real estate is made and kept offline; here it lies in the estate's folder until somebody
    takes it to a safe, and nothing that runs needs it there.
    """
    hub, *spokes = (
        msgspec.structs.replace(
            node, box_key=node.box_key or _box_public(folder_of(folder, node).box_key)
        )
        for node in estate.nodes
    )
    return msgspec.structs.replace(
        estate,
        hub=hub,
        spokes=tuple(spokes),
        recovery_key=estate.recovery_key or _box_public(folder / RECOVERY_NAME),
        purpose="demonstration",
    )


def _box_public(file: Path) -> str:
    return box_public(load_or_make_key(file)).hex()


def _name_of(place: Place) -> str:
    if place.kind == "centre":
        return "The centre"
    return place_name(place.code) if place.kind == "prison" else f"{place_name(place.code)} unit"


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _make_sign_ins(estate: Estate) -> list[SignIn]:
    made: list[SignIn] = []
    for node in estate.nodes:
        # Names are drawn from the code, so that an office keeps its people in every estate.
        chance = Random(f"throughcare staff {node.code}")  # noqa: S311 - nothing secret is drawn.
        for role in (*ROLES_EACH, *ROLES_BESIDE[node.place.kind]):
            made.append(_make_sign_in(node.code, role, chance, made))
    return made


def _make_sign_in(code: str, role: Role, chance: Random, made: Sequence[SignIn]) -> SignIn:
    taken = {one.user_name for one in made if one.code == code}
    while True:
        display = draw_staff_name(chance)
        user_name = "".join(one for one in display.lower() if one.isalnum())
        if user_name not in taken:
            break
    words = "-".join(secrets.choice(WORDS) for _ in range(PASSWORD_WORDS))
    staff = uuid7(SystemClock().now_ms(), system_chance(10))
    return SignIn(code, user_name, words, display, role, staff.hex())


def _is_ours(path: Path) -> bool:
    if path.is_dir():
        return (path / "store.key").is_file() or (path / "settings.env").is_file()
    return path.suffix == ".json" or path.name in ("demo.pid", "demo.log", RECOVERY_NAME)


def _is_estate(folder: Path) -> bool:
    return (folder / ESTATE_NAME).is_file() or (folder / CENTRE_CODE).is_dir()
