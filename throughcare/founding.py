"""The command `throughcare node found`: a new estate, which is its centre and nobody else yet.

The keys are made here. That of recovery is not: it is made and kept offline, and only its public
part is named.
"""

from pathlib import Path
from typing import Final

import click

from casework.desk.settings import PREFIX
from sync_protocol.errors import Refused
from sync_protocol.ids import uuid7
from sync_protocol.io.boxes import box_public
from sync_protocol.io.key_ring import load_or_make_key, load_signer
from sync_protocol.io.system_clock import SYSTEM_CLOCK, system_chance
from throughcare.centre import open_authority
from throughcare.estate import (
    CENTRE_CODE,
    ESTATE_NAME,
    PURPOSES,
    Estate,
    EstateNode,
    NodeFolder,
    Place,
    Purpose,
    faults_of,
    write_estate,
    write_private,
)
from throughcare.faults import out, told

NAME: Final = "The centre"


class EstateThere(Refused):
    """There is an estate in this folder already."""

    code = "estate_there"
    hint = "Name a new folder: what is there is never made again."


class CannotFound(Refused):
    """An estate cannot be made of this."""

    code = "cannot_found"
    hint = "Correct what is named above."


@click.command("found")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A new folder, for the estate file and the centre's own.",
)
@click.option("--name", required=True, help="The estate's name.")
@click.option("--url", required=True, help="Where offices find it: https://centre.example:8443")
@click.option(
    "--recovery-key", "recovery", required=True, help="Public part of the key that is kept offline."
)
@click.option(
    "--purpose", type=click.Choice(PURPOSES), default="production", show_default=True, hidden=True
)
@click.option(
    "--listen",
    "host",
    default="127.0.0.1",
    show_default=True,
    help="The address of this machine at which it answers; 0.0.0.0 for all.",
)
@told
def found_command(
    *, folder: Path, name: str, url: str, recovery: str, purpose: Purpose, host: str
) -> None:
    """Make a new estate: its centre, with keys of its own, and no office yet."""
    file = folder / ESTATE_NAME
    own = NodeFolder(folder / CENTRE_CODE)
    if file.exists() or own.path.exists():
        raise EstateThere(str(folder))
    estate = _found(own, Estate(name, _hub(url), (), recovery.strip().lower(), purpose))
    open_authority(own.path, estate, SYSTEM_CLOCK.now_ms())
    write_estate(file, estate)
    lines = {
        "ESTATE": file.resolve(),
        "FOLDER": own.path.resolve(),
        "NODE": CENTRE_CODE,
        "HOST": host,
        "HOSTS": estate.hub.host,
    }
    text = "".join(f"{PREFIX}{one}={value}\n" for one, value in lines.items())
    write_private(own.settings, text.encode())
    out.print(f"{name} is made in {folder}.", soft_wrap=True)
    staff = f"throughcare staff add NAME --role administrator --settings {own.settings}"
    out.print("Keep copies of authority.key and authority.pem offline.")
    out.print(f"Open accounts for two administrators: {staff}", soft_wrap=True)
    out.print(f"Then start it: throughcare serve server --settings {own.settings}", soft_wrap=True)


def _hub(url: str) -> EstateNode:
    node = uuid7(SYSTEM_CLOCK.now_ms(), system_chance(10))
    return EstateNode(node.hex(), NAME, Place("centre", CENTRE_CODE), url, bytes(32).hex())


def _found(own: NodeFolder, planned: Estate) -> Estate:
    """The estate with its centre's keys; raises CannotFound before anything is made."""
    faults = faults_of(planned)
    if not planned.recovery_key:
        faults.append("the recovery key is missing")
    if faults:
        raise CannotFound("; ".join(faults))
    own.make()
    load_or_make_key(own.store_key)
    load_or_make_key(own.signing_key)
    box_key = box_public(load_or_make_key(own.box_key))
    hub = planned.hub
    made = EstateNode(
        id=hub.id,
        name=hub.name,
        place=hub.place,
        url=hub.url,
        public_key=load_signer(own.signing_key).public_key.hex(),
        box_key=box_key.hex(),
    )
    return Estate(planned.name, made, (), planned.recovery_key, planned.purpose)
