"""S2: a new box speaks with whom its invitation pins, over real sockets, or sends nothing."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from casework.access.enrolment import Enrolment
from edge.services.centre_line import CentreLine, CentreRefused, OtherCentre
from edge.services.enrolment import csr_of, load_or_make_tls_key
from server.services.authority import Authority, make_authority
from sync_protocol.errors import LineDown
from sync_protocol.io.system_clock import SYSTEM_CLOCK
from tests.desks import node_id

HERE = "127.0.0.1"
ASKED = Enrolment(code="", signing_key=b"k" * 32, box_key=b"b" * 32, csr=b"")
NOW_MS = SYSTEM_CLOCK.now_ms()
"""TLS asks this machine's own clock, and no other can be given to it."""
OWN = make_authority("Test estate", NOW_MS)
REFUSAL = b'{"code": "code_refused", "title": "This code opens nothing.", "hint": "Ask."}'
ANSWER = (
    b"HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(REFUSAL), REFUSAL)
)


class Answering:
    """A server of one connection after another, and the bytes that it was sent inside TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._listening = socket.create_server((HERE, 0))
        self._context = context
        self.port: int = self._listening.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            with plain:
                plain.settimeout(5)
                try:
                    with self._context.wrap_socket(plain, server_side=True) as line:
                        # All of it: what is left unread when a socket closes resets the line.
                        while not self.heard.endswith(b"}") and (more := line.recv(65_536)):
                            self.heard += more
                        line.sendall(ANSWER)
                except OSError:
                    continue

    def close(self) -> None:
        """Answer nobody any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


@contextmanager
def answering(
    folder: Path, authority: Authority, *hosts: str, at_most: ssl.TLSVersion | None = None
) -> Iterator[Answering]:
    """A server under a certificate of this authority for these hosts."""
    key: ec.EllipticCurvePrivateKey = load_or_make_tls_key(folder / "tls.key")
    pem = authority.sign(csr_of(key), node_id("CENTRE"), hosts, NOW_MS)
    (folder / "tls.pem").write_text(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    if at_most is not None:
        context.maximum_version = at_most
    made = Answering(context)
    try:
        yield made
    finally:
        made.close()


def enrol(port: int, authority: Authority) -> None:
    line = CentreLine(f"https://{HERE}:{port}", authority.pem)
    try:
        line.enrol(ASKED)
    finally:
        line.close()


def test_the_centre_of_the_invitation_is_spoken_with(tmp_path: Path) -> None:
    """S2: else nothing below would show anything."""
    with answering(tmp_path, OWN, HERE) as centre:
        with pytest.raises(CentreRefused, match="This code opens nothing"):
            enrol(centre.port, OWN)
        assert b"POST /sync/enrolment" in centre.heard


def test_a_centre_under_another_authority_is_sent_nothing(tmp_path: Path) -> None:
    """S2: a fake centre, whose authority bears the same name."""
    other = make_authority("Test estate", NOW_MS)
    with answering(tmp_path, other, HERE) as fake:
        with pytest.raises(OtherCentre):
            enrol(fake.port, OWN)
        assert fake.heard == b""


def test_another_node_of_the_estate_is_not_the_centre(tmp_path: Path) -> None:
    """S2: an office has a certificate of the same authority, for its own hosts."""
    with answering(tmp_path, OWN, "leeds.example") as office:
        with pytest.raises(OtherCentre):
            enrol(office.port, OWN)
        assert office.heard == b""


def test_nothing_older_than_tls_1_3_is_spoken(tmp_path: Path) -> None:
    """S2: nor sent anything."""
    with answering(tmp_path, OWN, HERE, at_most=ssl.TLSVersion.TLSv1_2) as centre:
        with pytest.raises(OtherCentre):
            enrol(centre.port, OWN)
        assert centre.heard == b""


def test_a_line_that_is_down_is_that() -> None:
    with socket.create_server((HERE, 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(LineDown):
        enrol(port, OWN)
