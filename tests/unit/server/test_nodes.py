"""S1, S2, S3: a node is enrolled with a code that counts once, and two people let it in."""

import random
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateSigningRequestBuilder, Name

from casework.access.admission import renewal_claim
from casework.access.enrolment import (
    CODE_LIFE_MS,
    Code,
    Enrolment,
    code_digest,
    new_code,
    sign_enrolment,
    spoken,
    words_digest,
)
from casework.access.six_words import words_of
from server.services.authority import is_due, make_authority
from server.services.node_entries import (
    CodeRefused,
    Named,
    NewPlace,
    NobodyWaits,
    NotLetIn,
    OtherWords,
    PlaceTaken,
    SameApprover,
    StillWaits,
    TooManyGuesses,
)
from server.services.nodes import GUESSES_MAX, GUESSES_MS, LOOK_EVERY_MS, NodeDirectory
from server.services.quarantine import Said, revoke
from sync_protocol.errors import BadSignature
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.audit_trail import read_trail
from sync_protocol.io.key_ring import KeySigner
from tests.desks import NOON_MS, Office, node_id

LEEDS = NewPlace(kind="prison", code="LEI", name="Leeds (HMP)", hosts=("127.0.0.1",))
FIRST = ActorId(b"first-admin.....")
SECOND = ActorId(b"second-admin....")
HUB_KEY = Office.signer("CENTRE").public_key
LEI = node_id("LEI")
DAY_MS = 24 * 60 * 60_000
WHY = "The office opens on Monday."


class Box:
    """A new box: its keys, and what it says when it is handed a code."""

    def __init__(self, number: int) -> None:
        self.signer = KeySigner(bytes([number]) * 32)
        self.tls_key = ec.generate_private_key(ec.SECP256R1())
        self.csr = (
            CertificateSigningRequestBuilder()
            .subject_name(Name([]))
            .sign(self.tls_key, hashes.SHA256())
            .public_bytes(serialization.Encoding.DER)
        )

    def asks(self, code: str, node: NodeId = LEI) -> Enrolment:
        """The request that it sends."""
        bare = Enrolment(
            code=code, signing_key=self.signer.public_key, box_key=b"b" * 32, csr=self.csr
        )
        return sign_enrolment(bare, node, self.signer)


class Centre:
    """The centre with its authority and directory."""

    def __init__(self, folder: Path) -> None:
        self.hub = Office(folder, "CENTRE")
        self.authority = make_authority("Test estate", NOON_MS)
        chance = random.Random(6).randbytes
        self.nodes = NodeDirectory(self.hub.store, self.authority, HUB_KEY, chance)

    def invited(self) -> Code:
        """A code for Leeds."""
        return self.nodes.invite(LEI, LEEDS, FIRST, WHY)

    def let_in(self, box: Box) -> None:
        """Leeds is enrolled with this box, and approved."""
        words = self.nodes.enrol(box.asks(self.invited()))
        self.nodes.approve(LEI, SECOND, " ".join(words))

    def beside(self) -> NodeDirectory:
        """The directory as another program has it, over a connection of its own."""
        return NodeDirectory(
            self.hub._open("CENTRE"), self.authority, HUB_KEY, random.Random(9).randbytes
        )

    def acts(self) -> list[tuple[str, ActorId, str]]:
        """What the audit says was done to nodes."""
        with self.hub.store.changing() as connection:
            lines = [one.line for one in read_trail(connection, "line_no > ?", (0,))]
        return [(one.act, one.actor, one.detail) for one in lines if "node" in one.act]


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


def test_a_node_is_let_in_by_two_people_who_are_both_in_the_audit(centre: Centre) -> None:
    """S3: who invited and who approved are two, and the audit has both ids."""
    box = Box(1)
    assert centre.nodes.key_of(LEI) is None
    words = centre.nodes.enrol(box.asks(centre.invited()))
    assert centre.nodes.key_of(LEI) is None
    assert [one.words for one in centre.nodes.waiting()] == [words]
    centre.nodes.approve(LEI, SECOND, "  ".join(words).upper())
    assert centre.nodes.key_of(LEI) == box.signer.public_key
    assert [one.state for one in centre.nodes.entries()] == ["active"]
    acts = centre.acts()
    assert [act for act, _, _ in acts] == ["invite_node", "node_came", "approve_node"]
    assert acts[-1][1] == SECOND
    assert FIRST.hex() in acts[-1][2]


def test_whoever_invited_cannot_approve(centre: Centre) -> None:
    """S3: the same administrator is refused, with the right words in hand."""
    words = centre.nodes.enrol(Box(1).asks(centre.invited()))
    with pytest.raises(SameApprover):
        centre.nodes.approve(LEI, FIRST, " ".join(words))
    assert centre.nodes.key_of(LEI) is None


def test_other_words_let_nobody_in(centre: Centre) -> None:
    """S3: the words are compared, not waved through."""
    words = centre.nodes.enrol(Box(1).asks(centre.invited()))
    with pytest.raises(OtherWords):
        centre.nodes.approve(LEI, SECOND, " ".join(reversed(words)))
    with pytest.raises(OtherWords):
        centre.nodes.approve(LEI, SECOND, "")
    assert centre.nodes.key_of(LEI) is None


def test_both_ends_reckon_the_words_apart(centre: Centre) -> None:
    """S3: the box reckons them from what it was told; any other key or authority gives others."""
    asked = Box(1).asks(centre.invited())
    said = centre.nodes.enrol(asked)
    assert said == words_of(words_digest(asked, LEI, HUB_KEY, centre.authority.digest))
    other_key = msgspec.structs.replace(asked, signing_key=Box(2).signer.public_key)
    assert said != words_of(words_digest(other_key, LEI, HUB_KEY, centre.authority.digest))
    elsewhere = make_authority("Test estate", NOON_MS).digest
    assert said != words_of(words_digest(asked, LEI, HUB_KEY, elsewhere))


def test_a_code_counts_once(centre: Centre) -> None:
    """S1: used twice, the second is refused, whoever uses it."""
    code = centre.invited()
    centre.nodes.enrol(Box(1).asks(code))
    with pytest.raises(CodeRefused):
        centre.nodes.enrol(Box(2).asks(code))
    (waits,) = centre.nodes.waiting()
    centre.nodes.approve(LEI, SECOND, " ".join(waits.words))
    assert centre.nodes.key_of(LEI) == Box(1).signer.public_key


@pytest.mark.parametrize("span_ms", [CODE_LIFE_MS + 1, -1])
def test_a_code_counts_for_a_day(centre: Centre, span_ms: int) -> None:
    """S1: after its time it is refused; a clock that was set back brings none back."""
    code = centre.invited()
    centre.hub.clock.pass_ms(span_ms)
    with pytest.raises(CodeRefused):
        centre.nodes.enrol(Box(1).asks(code))
    centre.hub.clock.pass_ms(-span_ms)
    assert len(centre.nodes.enrol(Box(1).asks(code))) == 6


def test_the_store_holds_no_code(centre: Centre) -> None:
    """S1: every value of every table is looked at, before and after the code is used."""
    code = centre.invited()
    assert _holds(centre.hub, code_digest(code))
    centre.nodes.enrol(Box(1).asks(spoken(code)))
    for told in (code, spoken(code)):
        assert not _holds(centre.hub, told.encode())


def test_guesses_are_counted_and_the_count_outlasts_a_restart(centre: Centre) -> None:
    """S1: after so many in an hour not even the right code is looked at."""
    code, box = centre.invited(), Box(1)
    guess = new_code(random.Random(8).randbytes)
    for _ in range(GUESSES_MAX):
        with pytest.raises(CodeRefused):
            centre.nodes.enrol(box.asks(guess))
    again = NodeDirectory(centre.hub.store, centre.authority, HUB_KEY, random.Random(7).randbytes)
    with pytest.raises(TooManyGuesses):
        again.enrol(box.asks(code))
    centre.hub.clock.pass_ms(GUESSES_MS)
    assert again.enrol(box.asks(code))


def test_a_key_that_is_not_the_asker_s_is_not_enrolled(centre: Centre) -> None:
    """Whoever asks holds the private part of the key that they name."""
    asked = msgspec.structs.replace(
        Box(1).asks(centre.invited()), signing_key=Box(2).signer.public_key
    )
    with pytest.raises(BadSignature):
        centre.nodes.enrol(asked)
    assert centre.nodes.waiting() == []


def test_a_second_invitation_ends_the_first(centre: Centre) -> None:
    first, second = centre.invited(), centre.invited()
    with pytest.raises(CodeRefused):
        centre.nodes.enrol(Box(1).asks(first))
    assert centre.nodes.enrol(Box(1).asks(second))


def test_a_place_has_one_node(centre: Centre) -> None:
    centre.invited()
    with pytest.raises(PlaceTaken):
        centre.nodes.invite(node_id("BXI"), LEEDS, FIRST, WHY)


def test_a_node_that_was_refused_waits_no_more(centre: Centre) -> None:
    words = centre.nodes.enrol(Box(1).asks(centre.invited()))
    centre.nodes.refuse(LEI, SECOND, "The words differ.")
    with pytest.raises(NobodyWaits):
        centre.nodes.approve(LEI, SECOND, " ".join(words))
    assert [one.state for one in centre.nodes.entries()] == ["invited"]


def test_a_burnt_box_is_replaced_and_its_key_counts_no_more(centre: Centre) -> None:
    """S12: a revoked node that is enrolled anew is trusted again, under the new key alone."""
    centre.let_in(Box(1))
    revoke(centre.hub.store, LEI, Said(FIRST, "Stolen last night."))
    assert [one.state for one in centre.nodes.entries()] == ["revoked"]
    assert centre.nodes.is_revoked(LEI)
    assert centre.nodes.key_of(LEI) == Box(1).signer.public_key
    centre.let_in(Box(2))
    assert centre.nodes.key_of(LEI) == Box(2).signer.public_key
    assert not centre.nodes.is_revoked(LEI)


def test_a_certificate_is_renewed_after_a_third_of_its_time(centre: Centre) -> None:
    """S2: nobody has to think of it, and a line may be down for a year."""
    box = Box(1)
    centre.let_in(box)
    first = centre.nodes.entry("LEI").certificate
    assert first is not None
    signature = box.signer.sign(renewal_claim(LEI, box.csr))
    assert centre.nodes.renew(LEI, box.csr, signature) == first
    centre.hub.clock.pass_ms(250 * DAY_MS)
    assert is_due(first, box.csr, centre.hub.clock.now_ms())
    second = centre.nodes.renew(LEI, box.csr, signature)
    (entry,) = centre.nodes.entries()
    assert entry.certificate == second != first
    assert (entry.certificate_ends_ms or 0) >= NOON_MS + (250 + 729) * DAY_MS


def test_only_the_node_itself_renews(centre: Centre) -> None:
    centre.let_in(Box(1))
    other = Box(2)
    with pytest.raises(BadSignature):
        centre.nodes.renew(LEI, other.csr, other.signer.sign(renewal_claim(LEI, other.csr)))
    revoke(centre.hub.store, LEI, Said(FIRST, "Stolen last night."))
    box = Box(1)
    with pytest.raises(NotLetIn):
        centre.nodes.renew(LEI, box.csr, box.signer.sign(renewal_claim(LEI, box.csr)))


def test_what_the_estate_file_names_is_there_from_the_start(centre: Centre) -> None:
    centre.nodes.seed([_named(Box(3))])
    assert centre.nodes.key_of(LEI) == Box(3).signer.public_key
    assert centre.nodes.entry("LEI").state == "active"
    centre.nodes.seed([_named(Box(4))])
    assert centre.nodes.key_of(LEI) == Box(4).signer.public_key
    centre.nodes.seed([])
    assert centre.nodes.key_of(LEI) is None
    assert centre.nodes.entries() == []


def test_who_was_enrolled_has_that_key_whatever_the_estate_file_says(centre: Centre) -> None:
    """S12: an old estate file brings no lost box back."""
    centre.nodes.seed([_named(Box(3))])
    centre.let_in(Box(1))
    for named in ([_named(Box(3))], []):
        centre.nodes.seed(named)
        assert centre.nodes.key_of(LEI) == Box(1).signer.public_key


def test_who_waits_is_told_so_and_nobody_else_is(centre: Centre) -> None:
    """S3: until somebody approves there is no certificate, and asking for it tells nothing."""
    box, other = Box(1), Box(2)
    words = centre.nodes.enrol(box.asks(centre.invited()))
    with pytest.raises(StillWaits):
        centre.nodes.renew(LEI, box.csr, box.signer.sign(renewal_claim(LEI, box.csr)))
    with pytest.raises(NotLetIn):
        centre.nodes.renew(LEI, other.csr, other.signer.sign(renewal_claim(LEI, other.csr)))
    centre.nodes.approve(LEI, SECOND, " ".join(words))
    given = centre.nodes.renew(LEI, box.csr, box.signer.sign(renewal_claim(LEI, box.csr)))
    assert given == centre.nodes.entry("LEI").certificate


def test_what_another_program_did_counts_here(centre: Centre) -> None:
    """S12: a command beside the running centre lets in, and the old key is refused from then on."""
    other = centre.beside()
    centre.let_in(Box(1))
    assert not other.knows(LEI)
    assert other.knows_now(LEI)
    assert other.knows(LEI)
    centre.let_in(Box(2))
    assert other.key_of(LEI) == Box(2).signer.public_key


def test_a_stranger_makes_the_centre_look_once_a_second(centre: Centre) -> None:
    """S1: whoever is not known costs next to nothing."""
    other = centre.beside()
    assert not other.knows_now(LEI)
    centre.let_in(Box(1))
    assert not other.knows_now(LEI)
    centre.hub.clock.pass_ms(LOOK_EVERY_MS)
    assert other.knows_now(LEI)


def test_what_a_lost_box_had_signed_stays_good(centre: Centre) -> None:
    """S12: its log is checked under the keys that the node had, and nothing else is."""
    first, second = Box(1), Box(2)
    centre.let_in(first)
    centre.let_in(second)
    keys = centre.hub.store.core.keys
    in_use, _ = keys.in_use(LEI, second.signer.public_key)
    assert in_use == second.signer.public_key
    keys.check(LEI, in_use, b"a segment", first.signer.sign(b"a segment"))
    with pytest.raises(BadSignature):
        keys.check(LEI, in_use, b"a segment", Box(3).signer.sign(b"a segment"))


def _named(box: Box) -> Named:
    return Named(node=LEI, place=LEEDS, signing_key=box.signer.public_key, box_key=b"b" * 32)


def _holds(office: Office, wanted: bytes) -> bool:
    """Whether any value of any table of a store holds this."""
    with office.store.changing() as connection:
        tables = list(connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        return any(
            wanted in (value if isinstance(value, bytes) else str(value).encode())
            for (table,) in tables
            for row in connection.execute(f'SELECT * FROM "{table}"')
            for value in row
        )
