"""POST /sync/audit: a node's sealed offer of its audit in, the sealed answer out.

The sender is known by its seal, as at the exchange of the records, whose limits hold here too.
"""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from server.api.exchange import OK, GivenExchange, read_body
from server.services.audit import AuditIntake
from sync_protocol.io.audit_exchange import AUDIT_PATH
from sync_protocol.io.http_peer import CONTENT_TYPE
from sync_protocol.limits import REQUEST_BYTES_MAX

GivenIntake = NamedDependency[SkipValidation[AuditIntake]]


@post(
    AUDIT_PATH,
    opt={"public": True},
    status_code=OK,
    request_max_body_size=REQUEST_BYTES_MAX,
    include_in_schema=False,
)
async def take_audit(
    request: Request[Any, Any, Any], exchange: GivenExchange, audit_intake: GivenIntake
) -> Response[bytes]:
    """The sealed answer: where the trail ends here."""
    with exchange.room() as room:
        body = await read_body(request, exchange, room.take)
        return Response(await audit_intake.take(body), media_type=CONTENT_TYPE)
