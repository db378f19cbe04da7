"""The certificates of a running node: which it answers with, whom its line believes, who renews.

The centre signs its own, since the authority is with it; an office asks the centre. Neither waits
for anybody at the start: what is there is served, and what is due is renewed beside.
"""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

import edge.settings
from casework.access.admission import Admission, CertificateAsked, ask_certificate
from casework.desk.settings import NodeSettings
from edge.services import centre_line
from edge.services.centre_line import CentreLine
from edge.services.certificate import CertificateKeeper
from edge.services.enrolment import csr_of, load_or_make_tls_key
from server.pages.enrolment import is_host
from server.services.authority import Authority, is_due
from sync_protocol.io.system_clock import Clock
from sync_protocol.seal import Signer
from throughcare.estate import Estate, EstateNode, Place, faults_of, write_estate, write_private
from throughcare.roster import Roster
from throughcare.tls import NoTls, OpenDoor

CERTIFICATE_NAME: Final = "tls.pem"
TLS_KEY_NAME: Final = "tls.key"
AUTHORITY_NAME: Final = "authority.pem"
Settings = TypeVar("Settings", bound=NodeSettings)


def with_own_files(settings: Settings, estate: Estate) -> Settings:
    """The centre's settings: outside a demonstration it answers with its own authority's word,
    unless another certificate is named.
    """
    if estate.purpose == "demonstration" or settings.is_tls:
        return settings
    folder = settings.folder
    files = {"tls_cert_file": folder / CERTIFICATE_NAME, "tls_key_file": folder / TLS_KEY_NAME}
    return msgspec.structs.replace(settings, **files)


def open_door(settings: NodeSettings, estate: Estate) -> OpenDoor | None:
    """The certificate that a node answers with; NoTls where it has none outside a demonstration."""
    if settings.tls_cert_file is not None and settings.tls_key_file is not None:
        return OpenDoor(settings.tls_cert_file, settings.tls_key_file)
    if estate.purpose != "demonstration":
        raise NoTls(f"{settings.node} is of an estate for {estate.purpose}.")
    return None


def line_trust(settings: edge.settings.Settings, estate: Estate) -> ssl.SSLContext | bool:
    """Whom an office's line to the centre believes; NoTls where the centre is called without."""
    url = settings.hub_url or estate.hub.url
    if settings.authority_file is not None:
        return centre_line.trust_for(url, settings.authority_file.read_text("ascii"))
    if estate.purpose != "demonstration" and not url.startswith("https://"):
        raise centre_line.NoTls(url)
    return True


class OwnCertificate:
    """The centre's own, where no other was named: signed here, anew once a third of it is over."""

    def __init__(self, authority: Authority, hub: EstateNode, settings: NodeSettings) -> None:
        """Nothing is made yet."""
        self._authority = authority
        self._hub = hub
        self._folder = settings.folder
        self._is_own = settings.tls_cert_file == settings.folder / CERTIFICATE_NAME
        found = {hub.host, *settings.hosts}
        self._hosts = tuple(sorted(one for one in found if is_host(one)))

    def make(self, now_ms: int) -> None:
        """See that the files are there."""
        if self._is_own:
            pem = self._due(now_ms)
            if pem:
                write_private(self._folder / CERTIFICATE_NAME, pem.encode())

    def renewing(self, door: OpenDoor | None, clock: Clock) -> Callable[[], None] | None:
        """What keeps it new while the centre serves; None of one that somebody else looks after."""
        if door is None or not self._is_own:
            return None

        def renew() -> None:
            pem = self._due(clock.now_ms())
            if pem:
                door.put(pem)

        return renew

    def _due(self, now_ms: int) -> str:
        """A new one where it is due; empty where it is not."""
        file = self._folder / CERTIFICATE_NAME
        csr = csr_of(load_or_make_tls_key(self._folder / TLS_KEY_NAME))
        pem = file.read_text("ascii") if file.is_file() else ""
        if pem and self._authority.has_signed(pem) and not is_due(pem, csr, now_ms):
            return ""
        return self._authority.sign(csr, self._hub.node_id, self._hosts, now_ms)


def office_renewing(
    settings: edge.settings.Settings, node: EstateNode, roster: Roster, door: OpenDoor | None
) -> Callable[[Signer, Clock], Callable[[], None]] | None:
    """What keeps an office's certificate new, given what it signs with and its clock.

    None where the centre did not give it one. What the centre tells of other offices is kept, too.
    """
    key_file, authority = settings.tls_key_file, settings.authority_file
    is_ours = settings.tls_cert_file == settings.folder / CERTIFICATE_NAME
    if door is None or key_file is None or authority is None or not is_ours:
        return None

    def renewing(signer: Signer, clock: Clock) -> Callable[[], None]:
        url = settings.hub_url or roster.now.hub.url

        def open_line() -> CentreLine:
            return CentreLine(url, authority.read_text("ascii"))

        def ask() -> CertificateAsked:
            return ask_certificate(node.node_id, csr_of(load_or_make_tls_key(key_file)), signer)

        keeper = CertificateKeeper(open_line, ask, clock.now_ms)

        def renew() -> None:
            told = keeper.renew(door.pem)
            if told is not None:
                if told.certificate != door.pem:
                    door.put(told.certificate)
                keep_offices(settings.estate, roster, node, told)

        return renew

    return renewing


def keep_offices(file: Path, roster: Roster, own: EstateNode, told: Admission) -> None:
    """Name the other offices as the centre does now; this node and the centre stay as they are."""
    others = tuple(node for node in nodes_of(told) if node.id != own.id)
    estate = msgspec.structs.replace(roster.now, spokes=(own, *others))
    if estate != roster.now and not faults_of(estate):
        write_estate(file, estate)
        roster.now = estate


def nodes_of(told: Admission) -> tuple[EstateNode, ...]:
    """The offices of an admission, as an estate file names them."""
    return tuple(
        EstateNode(
            id=one.node.hex(),
            name=one.name,
            place=Place("prison" if one.place_kind == "prison" else "probation", one.place_code),
            url=one.url,
            public_key=one.signing_key.hex(),
            box_key=one.box_key.hex(),
        )
        for one in told.offices
    )
