"""The command `throughcare node enrol`: a new computer is set up as an office's node.

What was broken off goes on where it was: keys are made once, the six words stay the same, and a
computer that waits is asked for by its own keys, not by the code.
"""

import getpass
import sys
import time
from pathlib import Path
from typing import Final

import click
import msgspec

from casework.access.admission import Admission, ask_certificate
from casework.access.enrolment import Invitation, read_code, read_invitation
from casework.desk.settings import PREFIX
from edge.services.centre_line import CentreLine, CentreRefused, NotYet, trust_for
from edge.services.enrolment import KeyFiles, ask, words_here
from sync_protocol.errors import DOES_NOT_DECODE, LineDown, Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.key_ring import load_or_make_key, load_signer
from throughcare.certificates import (
    AUTHORITY_NAME,
    CERTIFICATE_NAME,
    TLS_KEY_NAME,
    nodes_of,
)
from throughcare.estate import (
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

WAITS_NAME: Final = "enrolment.json"
ASK_EVERY_S: Final = 3.0


class HasStore(Refused):
    """There is a store in this folder already."""

    code = "has_store"
    hint = (
        "A computer that is enrolled begins empty, under keys of its own. Name a new folder; what "
        "is at the centre comes back by itself."
    )


class NothingBegun(Refused):
    """No enrolment was begun in this folder."""

    code = "nothing_begun"
    hint = "Name the invitation that the centre made: --invitation FILE."


class NoInvitationFile(Refused):
    """The invitation cannot be read."""

    code = "no_invitation_file"
    hint = "Name the file that the centre sent with --invitation."


class BadAdmission(Refused):
    """What the centre tells of the estate does not fit with the invitation."""

    code = "bad_admission"
    hint = "Nothing was set up. Tell the centre; somebody may stand between."


class Begun(msgspec.Struct, frozen=True):
    """An enrolment under way; it holds no code and no key."""

    invitation: Invitation
    words: tuple[str, ...]


@click.command("enrol")
@click.option(
    "--invitation",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The invitation's file; without it, what was begun in the folder goes on.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where this node will keep its keys and its store: a new folder.",
)
@click.option(
    "--listen",
    "host",
    default="127.0.0.1",
    show_default=True,
    help="The address of this machine at which its staff will find it; 0.0.0.0 for all.",
)
@click.option("--no-wait", is_flag=True, help="Say whether it was let in, and do not wait for it.")
@told
def enrol_command(*, file: Path | None, folder: Path, host: str, no_wait: bool) -> None:
    """Set this computer up as an office's node: with an invitation, and the code told apart.

    The code is asked for, or read from standard input. Then six words are shown; read them to the
    centre by telephone. Once somebody there has let it in, the node's settings are written.
    """
    own = NodeFolder(folder)
    if own.store.exists():
        raise HasStore(str(own.store))
    begun = _begin(file, own) if file is not None else _begun(own)
    out.print(f"Six words: [bold]{' '.join(begun.words)}[/]")
    out.print("Read them to the centre, by a telephone number that you know.")
    admission = _until_let_in(begun, own, is_once=no_wait)
    settings = _set_up(begun.invitation, admission, own, host)
    (folder / WAITS_NAME).unlink(missing_ok=True)
    out.print(f"{begun.invitation.name} is let in.")
    first = f"throughcare staff add NAME --role administrator --settings {settings}"
    out.print(f"Open its first account: {first}", soft_wrap=True)
    out.print(f"Then start it: throughcare serve edge --settings {settings}", soft_wrap=True)


def _begin(file: Path, own: NodeFolder) -> Begun:
    """Ask the centre with the code; the private keys are made here and stay here."""
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise NoInvitationFile(f"{file}: {fault.strerror}.") from fault
    code = read_code(_typed_code())
    invitation = read_invitation(raw, code)
    trust_for(invitation.hub_url, invitation.authority_pem)
    own.make()
    load_or_make_key(own.store_key)
    asked = ask(invitation, code, _files(own))
    begun = Begun(invitation, words_here(invitation, asked))
    # Before it is sent: an answer that is lost on its way must not lose the words.
    write_private(own.path / WAITS_NAME, msgspec.json.encode(begun))
    line = CentreLine(invitation.hub_url, invitation.authority_pem)
    try:
        line.enrol(asked)
    except CentreRefused:
        if not _waits(begun, own):
            raise
    finally:
        line.close()
    return begun


def _begun(own: NodeFolder) -> Begun:
    try:
        return msgspec.json.decode((own.path / WAITS_NAME).read_bytes(), type=Begun)
    except (OSError, *DOES_NOT_DECODE) as fault:
        raise NothingBegun(str(own.path)) from fault


def _typed_code() -> str:
    """Never an argument, which others would see."""
    if sys.stdin.isatty():
        return getpass.getpass("Code: ")
    return sys.stdin.readline()


def _waits(begun: Begun, own: NodeFolder) -> bool:
    """Whether the centre has had the code from this computer before: the answer was lost."""
    try:
        _certificate(begun, own)
    except NotYet:
        return True
    except Refused:
        return False
    return True


def _until_let_in(begun: Begun, own: NodeFolder, *, is_once: bool) -> Admission:
    while True:
        try:
            return _certificate(begun, own)
        except (NotYet, LineDown):
            # A line that is down for a while is no reason to begin anew.
            if is_once:
                raise
        time.sleep(ASK_EVERY_S)


def _certificate(begun: Begun, own: NodeFolder) -> Admission:
    invitation = begun.invitation
    files = _files(own)
    csr = files.csr.read_bytes()
    asked = ask_certificate(NodeId(invitation.node), csr, load_signer(files.signing))
    line = CentreLine(invitation.hub_url, invitation.authority_pem)
    try:
        return line.certificate(asked)
    finally:
        line.close()


def _files(own: NodeFolder) -> KeyFiles:
    return KeyFiles(own.signing_key, own.box_key, own.path / TLS_KEY_NAME)


def _set_up(invitation: Invitation, admission: Admission, own: NodeFolder, host: str) -> Path:
    """Write what the node is started with; the settings' file."""
    estate = estate_of(invitation, admission)
    node = estate.node(invitation.node.hex())
    mine = next(one for one in admission.offices if one.node == invitation.node)
    if mine.signing_key != load_signer(own.signing_key).public_key:
        raise BadAdmission("It names another key for this node.")
    folder = own.path.resolve()
    write_estate(folder / ESTATE_NAME, estate)
    write_private(folder / AUTHORITY_NAME, invitation.authority_pem.encode())
    write_private(folder / CERTIFICATE_NAME, admission.certificate.encode())
    lines = {
        "ESTATE": folder / ESTATE_NAME,
        "FOLDER": folder,
        "NODE": node.code,
        "HOST": host,
        "PORT": node.port,
        "HOSTS": ",".join(mine.hosts),
        "AUTHORITY_FILE": folder / AUTHORITY_NAME,
    }
    if estate.purpose != "demonstration":
        lines["TLS_CERT_FILE"] = folder / CERTIFICATE_NAME
        lines["TLS_KEY_FILE"] = folder / TLS_KEY_NAME
    text = "".join(f"{PREFIX}{name}={value}\n" for name, value in lines.items() if value)
    write_private(folder / own.settings.name, text.encode())
    return own.settings


def estate_of(invitation: Invitation, admission: Admission) -> Estate:
    """The estate as an office knows it; raises BadAdmission.

    Of the centre it believes what the invitation said, which the code had sealed.
    """
    centre = admission.centre
    if (centre.node, centre.signing_key) != (invitation.hub, invitation.hub_key):
        raise BadAdmission("It comes of another centre.")
    hub = EstateNode(
        id=invitation.hub.hex(),
        name=centre.name,
        place=Place("centre", centre.place_code),
        url=invitation.hub_url,
        public_key=invitation.hub_key.hex(),
        box_key=invitation.hub_box_key.hex(),
    )
    found = [one for one in PURPOSES if one == admission.purpose]
    purpose: Purpose = found[0] if found else "production"
    recovery = invitation.recovery_key.hex()
    estate = Estate(admission.estate, hub, nodes_of(admission), recovery, purpose)
    faults = faults_of(estate)
    if invitation.node not in {one.node for one in admission.offices}:
        faults.append("this node is not in it")
    if faults:
        raise BadAdmission("; ".join(faults))
    return estate
