"""S1, S2, S3, S12: a box joins over the centre's own doors, and its key counts from then on."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from casework.access.admission import ENROL_PATH, Admission, ask_certificate
from casework.access.enrolment import (
    BadInvitation,
    Code,
    Invitation,
    new_code,
    read_code,
    read_invitation,
)
from casework.desk.holders import holders_by
from casework.desk.people import NewPerson, create
from casework.rules.scope import Places
from edge.services.centre_line import (
    CentreLine,
    CentreRefused,
    NotLetIn,
    NoTls,
    NotYet,
    trust_for,
)
from edge.services.enrolment import KeyFiles, ask, words_here
from server.app import HubParts, build_app
from server.services.joining import Told
from server.services.node_entries import NewPlace
from server.services.quarantine import Said, revoke
from sync_protocol.errors import LineDown
from sync_protocol.ids import ActorId, NodeId, SubjectId
from sync_protocol.io.http_peer import HttpPeer, HubRefused
from sync_protocol.io.key_ring import load_signer
from sync_protocol.io.sync_driver import SyncDriver
from tests.desks import HandClock, Office, node_id
from tests.joinings import joining_of
from tests.moving import MovingEstate, received, send
from tests.unit.server.test_exchange import line_to, ops
from tests.webs import HERE, parts_of

pytestmark = pytest.mark.slow

LEEDS = NewPlace(kind="prison", code="LEI", name="Leeds (HMP)", hosts=("127.0.0.1",))
FIRST = ActorId(b"first-admin.....")
SECOND = ActorId(b"second-admin....")
LEI = node_id("LEI")


class Centre:
    """The centre's app with its doors open, and no socket."""

    def __init__(self, folder: Path) -> None:
        """Nobody is of the estate yet."""
        self.hub = Office(folder, "CENTRE")
        self.joining = joining_of(self.hub, url=HERE.replace("office.local", "127.0.0.1"))
        self.app = build_app(HubParts(web=parts_of(self.hub), joining=self.joining))
        self.http = TestClient(self.app, base_url=HERE)

    def line(self) -> CentreLine:
        """A box's line to these doors."""
        line = CentreLine("http://127.0.0.1", "")
        called: Any = self.http
        line._line = called
        return line

    def invite(self) -> Told:
        """A code for Leeds."""
        return self.joining.invite(LEI, LEEDS, FIRST, "It opens on Monday.")


class Box:
    """A new computer, with the code and the invitation that it was given."""

    def __init__(self, folder: Path, told: Told) -> None:
        folder.mkdir()
        self.files = KeyFiles(*(folder / f"{one}.key" for one in ("signing", "box", "tls")))
        self.code: Code = read_code(told.code)
        self.invitation: Invitation = read_invitation(told.invitation.encode(), self.code)
        self.asked = ask(self.invitation, self.code, self.files)

    @property
    def words(self) -> str:
        """The six words that it shows."""
        return " ".join(words_here(self.invitation, self.asked))

    def collect(self, line: CentreLine) -> Admission:
        """What it has once it is let in."""
        signer = load_signer(self.files.signing)
        return line.certificate(ask_certificate(LEI, self.files.csr.read_bytes(), signer))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    with made.http:
        yield made
    made.hub.store.close()


def test_a_box_comes_waits_and_is_let_in(centre: Centre, tmp_path: Path) -> None:
    """S3: nothing is told of the words; another administrator types what the office reads out."""
    box, line = Box(tmp_path / "box", centre.invite()), centre.line()
    with pytest.raises(NotLetIn):
        box.collect(line)
    answer = centre.http.post(ENROL_PATH, content=msgspec.json.encode(box.asked))
    assert (answer.status_code, answer.content) == (202, b"{}")
    with pytest.raises(NotYet):
        box.collect(line)
    centre.joining.approve(centre.joining.nodes.entry("LEI"), SECOND, box.words)
    admission = box.collect(line)
    (own,) = admission.offices
    assert own.signing_key == load_signer(box.files.signing).public_key
    assert admission.centre.signing_key == box.invitation.hub_key
    assert own.url == "https://127.0.0.1:8443"


def test_an_answer_that_was_lost_changes_no_word(centre: Centre, tmp_path: Path) -> None:
    """S1, S3: the code counts once; the box that had come goes on waiting under its own keys."""
    box, line = Box(tmp_path / "box", centre.invite()), centre.line()
    line.enrol(box.asked)
    again = ask(box.invitation, box.code, box.files)
    assert words_here(box.invitation, again) == tuple(box.words.split())
    with pytest.raises(CentreRefused, match="each code counts once"):
        line.enrol(again)
    with pytest.raises(NotYet):
        box.collect(line)


def test_whoever_was_refused_is_told_so(centre: Centre, tmp_path: Path) -> None:
    """S3: no certificate, and no more waiting."""
    box, line = Box(tmp_path / "box", centre.invite()), centre.line()
    line.enrol(box.asked)
    centre.joining.nodes.refuse(LEI, SECOND, "The words differ.")
    with pytest.raises(NotLetIn):
        box.collect(line)


def test_guesses_are_put_off(centre: Centre, tmp_path: Path) -> None:
    """S1: at the door, as in the directory; the code itself comes back in no answer."""
    box, line = Box(tmp_path / "box", centre.invite()), centre.line()
    guess = new_code(bytes)
    wrong = msgspec.structs.replace(box.asked, code=guess)
    for _ in range(20):
        with pytest.raises(CentreRefused):
            line.enrol(wrong)
    with pytest.raises(LineDown, match="too_many_guesses"):
        line.enrol(box.asked)
    answer = centre.http.post(ENROL_PATH, content=msgspec.json.encode(box.asked))
    assert answer.status_code == 429
    assert box.code not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"code": 3}', b"[" * 5_000])
def test_what_is_no_request_is_refused(centre: Centre, body: bytes) -> None:
    """S33: and nothing is thrown."""
    answer = centre.http.post(ENROL_PATH, content=body)
    assert answer.status_code == 400
    assert centre.joining.nodes.waiting() == []


def test_the_office_exchanges_from_the_moment_it_is_let_in(centre: Centre, tmp_path: Path) -> None:
    """S12: the running centre finds its key in the directory; it refuses it before, and from the
    moment on that another box has taken its place.
    """
    edge = Office(tmp_path, "LEI")
    hub_key = Office.signer("CENTRE").public_key
    ash = edge.hire("ash")
    create(edge.desk, ash, NewPerson(first="Ada", last="Marsh"))
    peer = HttpPeer(HERE)
    peer._line = line_to(centre.app)
    edge.store.spoke.wait_ms = 0
    driver = SyncDriver(edge.store, peer, node_id("CENTRE"), hub_key)

    async def story() -> None:
        await driver.exchange()
        assert (driver.status().fault, ops(centre.hub)) == (HubRefused.code, 0)
        box = Box(tmp_path / "box", centre.invite())
        box.files.signing.write_bytes(b"LEI".ljust(32, b"."))
        asked = ask(box.invitation, box.code, box.files)
        centre.joining.take(asked)
        words = " ".join(words_here(box.invitation, asked))
        centre.joining.approve(centre.joining.nodes.entry("LEI"), SECOND, words)
        await driver.exchange()
        assert (driver.status().state, ops(centre.hub)) == ("up", ops(edge))
        entry = centre.joining.nodes.entry("LEI")
        other = Box(tmp_path / "other", centre.joining.invite_again(entry, FIRST, "Lost."))
        centre.joining.take(other.asked)
        create(edge.desk, ash, NewPerson(first="Bea", last="Marsh"))
        await driver.exchange()
        assert ops(centre.hub) == ops(edge), "the former goes on until the other is let in"
        centre.joining.approve(entry, SECOND, other.words)
        create(edge.desk, ash, NewPerson(first="Cal", last="Marsh"))
        await driver.exchange()
        assert (driver.status().fault, ops(centre.hub)) == (HubRefused.code, ops(edge) - 1)

    asyncio.run(asyncio.wait_for(story(), 60))
    edge.store.close()


def test_an_office_that_opens_is_told_of_whoever_is_there_already(tmp_path: Path) -> None:
    """S12: by what the centre knows, from the moment that two people have let it in."""
    places = {"LEI": LEI}
    holders = holders_by(Places(places), HandClock().now_ms)
    estate = MovingEstate(tmp_path, holders=holders)
    leeds = estate.open("LEI")
    ash = leeds.hire("ash")
    stays, goes = (received(leeds, ash, last) for last in ("Marsh", "Reed"))
    send(leeds, ash, goes, "BXI")
    estate.settle()
    joining = joining_of(estate.centre)
    brixton = NewPlace(kind="prison", code="BXI", name="Brixton (HMP)", hosts=("127.0.0.1",))
    told = joining.invite(node_id("BXI"), brixton, FIRST, "It opens on Monday.")
    box = Box(tmp_path / "box", told)
    joining.take(box.asked)
    assert _holding(estate.centre, goes) == {LEI}
    places["BXI"] = node_id("BXI")
    joining.approve(joining.nodes.entry("BXI"), SECOND, box.words)
    assert node_id("BXI") in _holding(estate.centre, goes)
    assert _holding(estate.centre, stays) == {LEI}
    estate.close()


def _holding(centre: Office, person: SubjectId) -> set[NodeId]:
    with centre.store.reading() as reading:
        return {one.node for one in reading.scope.holding(person)}


def test_a_revoked_office_gets_no_certificate(centre: Centre, tmp_path: Path) -> None:
    """S12: nothing more is given to it, and whoever replaces it comes with a new code."""
    box, line = Box(tmp_path / "box", centre.invite()), centre.line()
    line.enrol(box.asked)
    centre.joining.approve(centre.joining.nodes.entry("LEI"), SECOND, box.words)
    revoke(centre.hub.store, LEI, Said(FIRST, "Stolen last night."))
    with pytest.raises(NotLetIn):
        box.collect(line)
    entry = centre.joining.nodes.entry("LEI")
    other = Box(tmp_path / "other", centre.joining.invite_again(entry, FIRST, "Another box."))
    line.enrol(other.asked)
    centre.joining.approve(entry, SECOND, other.words)
    assert other.collect(line).offices[0].signing_key != box.asked.signing_key
    with pytest.raises(NotLetIn):
        box.collect(line)


def test_an_invitation_that_was_changed_is_believed_by_nobody(centre: Centre) -> None:
    """S2: before anything is sent, whatever of it was changed."""
    told = centre.invite()
    code = read_code(told.code)
    sound = read_invitation(told.invitation.encode(), code)
    changes: dict[str, object] = {
        "hub_url": "https://elsewhere.example:8443",
        "hub_key": b"x" * 32,
        "authority_pem": "another",
    }
    for name, value in changes.items():
        changed = msgspec.structs.replace(sound, **{name: value})
        with pytest.raises(BadInvitation):
            read_invitation(msgspec.json.encode(changed), code)


def test_plain_http_is_for_this_machine_alone(centre: Centre) -> None:
    """S2: a centre elsewhere is spoken with over TLS 1.3 under its authority, or not at all."""
    pem = centre.joining._authority_pem
    for url in ("http://centre.example:8400", "http://10.0.0.5:8400", "ftp://127.0.0.1", ""):
        with pytest.raises(NoTls):
            trust_for(url, pem)
    assert trust_for("http://127.0.0.1:8400", pem) is True
    context = trust_for("https://centre.example:8443", pem)
    assert isinstance(context, ssl.SSLContext)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3
