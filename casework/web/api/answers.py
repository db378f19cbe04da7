"""How the API answers: structs as JSON with ids in hex, a `seen` token also as an ETag."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from litestar import Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import HeaderParameter, SkipValidation

from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.entrance import Entrance
from casework.desk.first_answer import Asked, answer_once
from casework.desk.writing import Saved
from casework.web.encoding import encode_json
from sync_protocol.causality import SeenToken

T = TypeVar("T")

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Of the caller's making: sent again within a day, it gives the first answer.",
    ),
]

GivenDesk = NamedDependency[SkipValidation[Desk]]
GivenEntrance = NamedDependency[SkipValidation[Entrance]]
GivenCaller = NamedDependency[SkipValidation[Caller]]


class Answer(Response[T]):
    """An answer of the API."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """The JSON of the content; bytes are an answer that is encoded already."""
        del enc_hook
        is_json = media_type.startswith(MediaType.JSON.value)
        if is_json and not isinstance(content, bytes):
            return encode_json(content)
        return super().render(content, media_type)


def tagged(content: T, seen: SeenToken, status: int = 200) -> Answer[T]:
    """The content with its `seen` token as ETag, for callers that send If-Match back."""
    return Answer(content, status_code=status, headers={"etag": f'"{seen}"'})


def saved_once(
    desk: Desk, caller: Caller, key: str | None, request: object, work: Callable[[], Saved]
) -> Saved:
    """The receipt of `work`, or the one it gave the first time under this key.

    `request` is all that was asked; it is compared as text, since its values are whatever was sent,
    such as numbers that nothing here can store.
    """
    return answer_once(desk, Asked(caller.staff, key, repr(request).encode()), Saved, work)


def seen_given(seen: str | None, if_match: str | None) -> SeenToken | None:
    """The token of a change: from its body, else from If-Match; None where neither has it."""
    if seen is not None:
        return SeenToken(seen)
    if if_match is None:
        return None
    return SeenToken(if_match.strip().removeprefix("W/").strip('"'))
