"""POST /sync/exchange: the bytes of a request in, the bytes of the answer out.

It knows nothing of what they say. The sender is known by its seal, so no session is asked for; what
is refused is answered as a problem, which a node tells apart from a line that is down.
"""

from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from server.services.exchange import Exchange
from sync_protocol.codec import OPENING_BYTES
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
    with exchange.room() as room:
        body = await read_body(request, exchange, room.take)
        return Response(await exchange.exchange(body), media_type=CONTENT_TYPE)


async def read_body(
    request: Request[Any, Any, Any], exchange: Exchange, take_room: Callable[[int], None]
) -> bytes:
    """The request's bytes; a stranger's are refused at the first of them (INV-14)."""
    body = bytearray()
    is_known = False
    async for part in request.stream():
        take_room(len(part))
        body += part
        if len(body) > REQUEST_BYTES_MAX:
            raise TooLarge(f"over {REQUEST_BYTES_MAX} bytes")
        if not is_known and len(body) >= OPENING_BYTES:
            await exchange.check_sender(bytes(body[:OPENING_BYTES]))
            is_known = True
    return bytes(body)
