"""POST /sync/enrolment and /sync/enrolment/certificate: how a new box comes, and what it has then.

Whoever asks is known by a code or by the node's signing key, so no session is asked for. That a
code was taken is all that is answered: the words that two people compare travel by no line.
"""

from typing import Any, Final, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from casework.access.admission import CERTIFICATE_PATH, ENROL_PATH, MESSAGE_TYPE, CertificateAsked
from casework.access.enrolment import Enrolment
from server.services.joining import Joining
from sync_protocol.errors import DOES_NOT_DECODE, BadMessage

GivenJoining = NamedDependency[SkipValidation[Joining]]
MESSAGE_BYTES_MAX: Final = 16 * 1024
OK: Final = 200
TAKEN: Final = 202
Message = TypeVar("Message")


@post(
    ENROL_PATH,
    opt={"public": True},
    status_code=TAKEN,
    request_max_body_size=MESSAGE_BYTES_MAX,
    include_in_schema=False,
)
async def take_enrolment(request: Request[Any, Any, Any], joining: GivenJoining) -> Response[bytes]:
    """Nothing but that it waits now."""
    enrolment = _decoded(await request.body(), Enrolment)
    await to_thread.run_sync(joining.take, enrolment)
    return Response(b"{}", media_type=MESSAGE_TYPE, status_code=TAKEN)


@post(
    CERTIFICATE_PATH,
    opt={"public": True},
    status_code=OK,
    request_max_body_size=MESSAGE_BYTES_MAX,
    include_in_schema=False,
)
async def take_certificate(
    request: Request[Any, Any, Any], joining: GivenJoining
) -> Response[bytes]:
    """The node's certificate, and who else is in the estate."""
    asked = _decoded(await request.body(), CertificateAsked)
    admission = await to_thread.run_sync(joining.admit, asked)
    return Response(msgspec.json.encode(admission), media_type=MESSAGE_TYPE)


def _decoded(raw: bytes, kind: type[Message]) -> Message:
    try:
        return msgspec.json.decode(raw, type=kind)
    except DOES_NOT_DECODE as fault:
        raise BadMessage("no message of an enrolment") from fault
