"""POST /sync/exchange: the bytes of a request in, the bytes of the answer out.

It knows nothing of what they say. The sender is known by its seal, so no session is asked for; what
is refused is answered as a problem, which a node tells apart from a line that is down.
"""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from server.services.exchange import Exchange
from sync_protocol.errors import TooLarge
from sync_protocol.io.http_peer import CONTENT_TYPE, EXCHANGE_PATH
from sync_protocol.limits import REQUEST_BYTES_MAX

GivenExchange = NamedDependency[SkipValidation[Exchange]]
OK: Final = 200


@post(
    EXCHANGE_PATH,
    opt={"public": True},
    status_code=OK,
    request_max_body_size=REQUEST_BYTES_MAX,
    include_in_schema=False,
)
async def take_exchange(
    request: Request[Any, Any, Any], exchange: GivenExchange
) -> Response[bytes]:
    """The sealed answer; held while there is nothing to say and the node asked to wait."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > REQUEST_BYTES_MAX:
            raise TooLarge(f"over {REQUEST_BYTES_MAX} bytes")
    return Response(await exchange.exchange(bytes(body)), media_type=CONTENT_TYPE)
