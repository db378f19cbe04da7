"""What the centre lets nodes in with: its authority's two files, its directory, its doors' words.

The authority's key is made once. Where only one of its two files is there, nothing is made in its
place: every node would believe another centre.
"""

from pathlib import Path
from typing import Final

import msgspec
import structlog

from server.services.authority import Authority, load_authority, make_authority
from server.services.joining import Centre, Joining
from server.services.nodes import NodeDirectory
from sync_protocol.errors import Refused
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import system_chance
from throughcare.estate import BadEstate, Estate, read_estate, write_estate, write_private
from throughcare.roster import Roster, named_in

KEY_NAME: Final = "authority.key"
PEM_NAME: Final = "authority.pem"
_log = structlog.get_logger(__name__)


class AuthorityLost(Refused):
    """One of the two files of the estate's authority is missing, or cannot be used."""

    code = "authority_lost"
    hint = (
        "Put it back from a copy. Without its key no certificate can be renewed: then move the "
        "other file away, start the centre, and enrol every office again."
    )


def open_authority(folder: Path, estate: Estate, now_ms: int) -> Authority:
    """The estate's authority, whose files are in the centre's folder; made on its first start."""
    key, pem = folder / KEY_NAME, folder / PEM_NAME
    if not key.exists() and not pem.exists():
        made = make_authority(estate.name, now_ms)
        write_private(key, made.private_pem)
        write_private(pem, made.pem.encode())
        return made
    if not key.is_file() or not pem.is_file():
        raise AuthorityLost(f"{KEY_NAME} and {PEM_NAME} belong together.")
    if key.stat().st_mode & 0o077:
        raise AuthorityLost(f"{KEY_NAME} can be read by others: run chmod 600 on it.")
    try:
        return load_authority(key.read_bytes(), pem.read_text("ascii"))
    except (ValueError, TypeError, AssertionError) as fault:
        raise AuthorityLost(f"{KEY_NAME} and {PEM_NAME} do not fit.") from fault


def _keep_in_step(file: Path, now: Estate) -> None:
    try:
        if read_estate(file) != now:
            write_estate(file, now)
    except (OSError, BadEstate) as fault:
        # Letting somebody in is not undone by a file that cannot be written.
        _log.warning("estate_file_behind", fault=type(fault).__name__)


def open_joining(
    store: OpStore, estate: Estate, authority: Authority, roster: Roster, file: Path
) -> Joining:
    """What the centre of this estate lets nodes in with; the nodes of the file are in it.

    The roster, of which the store's duties are made, follows the directory from now on. So does the
    estate's file, but for a demonstration's: a centre that lost its store, backups and all, must
    know its offices, since it is they who fill it again.
    """
    hub = estate.hub
    nodes = NodeDirectory(store, authority, hub.key, system_chance)

    def follow() -> None:
        roster.take(nodes.entries())
        spokes = frozenset(node.node_id for node in roster.now.spokes)
        store.core.parts = msgspec.structs.replace(store.core.parts, spokes=spokes)
        if estate.purpose != "demonstration":
            _keep_in_step(file, roster.now)

    nodes.when_changed.append(follow)
    nodes.seed(named_in(estate))
    centre = Centre(
        estate=estate.name,
        purpose=estate.purpose,
        node=hub.node_id,
        name=hub.name,
        code=hub.code,
        url=hub.url,
        key=hub.key,
        box_key=bytes.fromhex(hub.box_key),
        recovery_key=bytes.fromhex(estate.recovery_key),
    )
    return Joining(store, nodes, centre, authority)
