"""S2: every listener outside a demonstration has TLS, and certificates outlast an outage."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

import edge.settings
import server.settings
from casework.access.admission import Admission, CertificateAsked, KnownNode, ask_certificate
from edge.services.centre_line import CentreLine, NotLetIn
from edge.services.centre_line import NoTls as LineNeedsTls
from edge.services.certificate import NEAR_MS, CertificateEnds, CertificateKeeper, ends_ms
from edge.services.enrolment import csr_of, load_or_make_tls_key
from server.services.authority import Authority, make_authority
from sync_protocol.errors import LineDown
from sync_protocol.ids import NodeId
from sync_protocol.io.key_ring import KeySigner
from tests.desks import NOON_MS, HandClock
from throughcare.centre import KEY_NAME, PEM_NAME, AuthorityLost, open_authority
from throughcare.certificates import (
    OwnCertificate,
    keep_offices,
    line_trust,
    nodes_of,
    open_door,
    with_own_files,
)
from throughcare.estate import ESTATE_NAME, Estate, folder_of, read_estate
from throughcare.making import PLACES_USUAL, make_estate, write_settings
from throughcare.roster import Roster
from throughcare.tls import BadCertificate, NoTls, OpenDoor

pytestmark = pytest.mark.slow

DAY_MS = 24 * 60 * 60_000
PORT = 18_400


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """An estate that is no demonstration."""
    made = make_estate(tmp_path, PLACES_USUAL, PORT)
    write_settings(tmp_path, made)
    return msgspec.structs.replace(made, purpose="production")


def centre_settings(folder: Path, estate: Estate) -> server.settings.Settings:
    return server.settings.read_settings(_given(folder, estate, estate.hub.code))


def office_settings(folder: Path, estate: Estate, **more: str) -> edge.settings.Settings:
    return edge.settings.read_settings({**_given(folder, estate, "LEI"), **more})


def _given(folder: Path, estate: Estate, code: str) -> dict[str, str]:
    lines = folder_of(folder, estate.node(code)).settings.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


class Centre:
    """A centre's own certificate, by a clock that the test moves."""

    def __init__(self, folder: Path, estate: Estate) -> None:
        self.clock = HandClock()
        self.settings = with_own_files(centre_settings(folder, estate), estate)
        self.authority = open_authority(self.settings.folder, estate, self.clock.now_ms())
        self.own = OwnCertificate(self.authority, estate.hub, self.settings)
        self.own.make(self.clock.now_ms())
        door = open_door(self.settings, estate)
        assert door is not None
        self.door = door
        renew = self.own.renewing(door, self.clock)
        assert renew is not None
        self.renew = renew


def test_outside_a_demonstration_nobody_listens_without_tls(tmp_path: Path, estate: Estate) -> None:
    """S2: an office without a certificate does not start; a demonstration does."""
    settings = office_settings(tmp_path, estate)
    for purpose in ("production", "test"):
        with pytest.raises(NoTls, match="LEI"):
            open_door(settings, msgspec.structs.replace(estate, purpose=purpose))
    demonstration = msgspec.structs.replace(estate, purpose="demonstration")
    assert open_door(settings, demonstration) is None
    assert with_own_files(settings, demonstration) == settings


def test_the_line_of_an_office_is_no_other(tmp_path: Path, estate: Estate) -> None:
    """S2: a real office calls nobody in the clear, and believes its authority alone."""
    with pytest.raises(LineNeedsTls):
        line_trust(office_settings(tmp_path, estate), estate)
    pem = tmp_path / "authority.pem"
    pem.write_text(make_authority("Test", NOON_MS).pem)
    named = {"THROUGHCARE_AUTHORITY_FILE": str(pem), "THROUGHCARE_HUB_URL": "https://centre:1"}
    trusted = line_trust(office_settings(tmp_path, estate, **named), estate)
    assert isinstance(trusted, ssl.SSLContext)
    assert len(trusted.get_ca_certs()) == 1
    elsewhere = {**named, "THROUGHCARE_HUB_URL": "http://centre:1"}
    with pytest.raises(LineNeedsTls):
        line_trust(office_settings(tmp_path, estate, **elsewhere), estate)


def test_the_centre_signs_its_own_and_keeps_it_for_a_third_of_its_time(
    tmp_path: Path, estate: Estate
) -> None:
    """S2: no line and nobody is needed for it; it is served without a restart."""
    centre = Centre(tmp_path, estate)
    first = centre.door.pem
    assert centre.authority.has_signed(first)
    assert centre.door.context.minimum_version == ssl.TLSVersion.TLSv1_3
    centre.renew()
    centre.own.make(centre.clock.now_ms())
    assert centre.door.pem == first
    centre.clock.pass_ms(250 * DAY_MS)
    centre.renew()
    assert centre.door.pem != first
    assert ends_ms(centre.door.pem) - centre.clock.now_ms() > 700 * DAY_MS


def test_a_new_certificate_is_shown_to_whoever_connects_next(
    tmp_path: Path, estate: Estate
) -> None:
    """S2: the node that serves is not restarted for it."""
    centre = Centre(tmp_path, estate)
    first = shown_by(centre.door)
    assert first == ssl.PEM_cert_to_DER_cert(centre.door.pem)
    centre.clock.pass_ms(250 * DAY_MS)
    centre.renew()
    assert shown_by(centre.door) == ssl.PEM_cert_to_DER_cert(centre.door.pem) != first


def shown_by(door: OpenDoor) -> bytes:
    """The certificate that a node shows to whoever connects now."""
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asks = context.wrap_bio(here, there)
    answers = door.context.wrap_bio(there, here, server_side=True)
    for one in (asks, answers, asks, answers):
        with suppress(ssl.SSLWantReadError):
            one.do_handshake()
    assert asks.version() == "TLSv1.3"
    return asks.getpeercert(binary_form=True) or b""


def test_a_certificate_of_another_authority_is_made_anew(tmp_path: Path, estate: Estate) -> None:
    """S2: as after the authority was lost and made again."""
    centre = Centre(tmp_path, estate)
    first = centre.door.pem
    for name in (KEY_NAME, PEM_NAME):
        (centre.settings.folder / name).unlink()
    again = Centre(tmp_path, estate)
    assert again.door.pem != first
    assert again.authority.has_signed(again.door.pem)
    assert not again.authority.has_signed(first)


@pytest.mark.parametrize("name", [KEY_NAME, PEM_NAME])
def test_half_an_authority_is_never_made_whole_by_another(
    tmp_path: Path, estate: Estate, name: str
) -> None:
    """S2: every office would believe in a centre that is gone."""
    folder = folder_of(tmp_path, estate.hub).path
    open_authority(folder, estate, NOON_MS)
    (folder / name).unlink()
    with pytest.raises(AuthorityLost):
        open_authority(folder, estate, NOON_MS)
    assert not (folder / name).exists()


def test_an_authority_that_others_may_read_or_that_does_not_fit_is_refused(
    tmp_path: Path, estate: Estate
) -> None:
    """S53: its key is a file of mode 0600."""
    folder = folder_of(tmp_path, estate.hub).path
    open_authority(folder, estate, NOON_MS)
    assert (folder / KEY_NAME).stat().st_mode & 0o777 == 0o600
    (folder / KEY_NAME).chmod(0o640)
    with pytest.raises(AuthorityLost, match="chmod 600"):
        open_authority(folder, estate, NOON_MS)
    (folder / KEY_NAME).chmod(0o600)
    (folder / PEM_NAME).write_text(make_authority("Other", NOON_MS).pem)
    with pytest.raises(AuthorityLost, match="do not fit"):
        open_authority(folder, estate, NOON_MS)


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "tls.key"
    load_or_make_tls_key(key)
    pem = tmp_path / "tls.pem"
    with pytest.raises(BadCertificate):
        OpenDoor(pem, key)
    pem.write_text("no certificate")
    with pytest.raises(BadCertificate):
        OpenDoor(pem, key)


class Office:
    """An office that asks for its certificate, of a centre that the test answers for."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.clock = HandClock()
        self.authority = authority
        self.csr = csr_of(load_or_make_tls_key(folder / "tls.key"))
        self.pem = authority.sign(self.csr, NODE, ("127.0.0.1",), NOON_MS)
        self.fault: Exception | None = None
        self.asked: list[CertificateAsked] = []

    def keeper(self) -> CertificateKeeper:
        """What asks for it."""
        signer = KeySigner(bytes(32))
        return CertificateKeeper(
            self._line, lambda: ask_certificate(NODE, self.csr, signer), self.clock.now_ms
        )

    def _line(self) -> CentreLine:
        line = CentreLine("http://127.0.0.1:1", "")

        def certificate(asked: CertificateAsked) -> Admission:
            self.asked.append(asked)
            if self.fault is not None:
                raise self.fault
            renewed = self.authority.sign(self.csr, NODE, ("127.0.0.1",), self.clock.now_ms())
            return admission(renewed)

        line.certificate = certificate  # type: ignore[method-assign]
        return line


NODE = NodeId(b"LEI.............")


def known(code: str, number: int) -> KnownNode:
    return KnownNode(
        node=bytes([number]) * 16,
        place_kind="prison",
        place_code=code,
        name=f"HMP {code}",
        url="https://127.0.0.1:8443",
        signing_key=bytes([number]) * 32,
        box_key=bytes([number + 100]) * 32,
        hosts=("127.0.0.1",),
    )


def admission(pem: str, *offices: KnownNode) -> Admission:
    return Admission(
        certificate=pem, estate="Test", purpose="test", centre=known("CENTRE", 9), offices=offices
    )


def test_a_line_that_is_down_for_a_year_is_no_fault_of_the_certificate(tmp_path: Path) -> None:
    """S2: it is told when the end is near, and renewed by itself once the line is back."""
    office = Office(tmp_path, make_authority("Test", NOON_MS))
    office.fault = LineDown("down")
    office.clock.pass_ms(365 * DAY_MS)
    assert office.keeper().renew(office.pem) is None
    office.clock.now = ends_ms(office.pem) - NEAR_MS + 1
    with pytest.raises(CertificateEnds):
        office.keeper().renew(office.pem)
    office.fault = None
    told = office.keeper().renew(office.pem)
    assert told is not None
    assert ends_ms(told.certificate) > office.clock.now_ms() + 700 * DAY_MS
    assert {one.node for one in office.asked} == {NODE}


def test_an_office_that_was_revoked_is_told_so(tmp_path: Path) -> None:
    """S12: it gets no certificate, however long it asks."""
    office = Office(tmp_path, make_authority("Test", NOON_MS))
    office.fault = NotLetIn()
    with pytest.raises(NotLetIn):
        office.keeper().renew(office.pem)


def test_an_office_hears_of_those_that_came_later(tmp_path: Path, estate: Estate) -> None:
    """By their names alone: what it believes of itself and of the centre stays as it was."""
    file, own = tmp_path / ESTATE_NAME, estate.node("LEI")
    roster = Roster(estate)
    names: Callable[[Estate], dict[str, str]] = lambda one: {n.code: n.name for n in one.nodes}  # noqa: E731
    live = roster.mapping(names)
    liar = msgspec.structs.replace(known("LEI", 7), node=own.node_id)
    told = admission("", liar, known("BXI", 1))
    keep_offices(file, roster, own, told)
    kept = read_estate(file)
    assert kept.hub == estate.hub
    assert kept.node("LEI") == own
    assert live["BXI"] == kept.node("BXI").name == "HMP BXI"
    twice = admission("", known("BXI", 1), known("BXI", 2))
    keep_offices(file, roster, own, twice)
    assert read_estate(file) == kept
    assert nodes_of(twice)[0].code == "BXI"
