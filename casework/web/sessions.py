"""Who asks: the session of a request, by cookie for pages or by bearer token for the API.

A cookie's name carries the node's id, because cookies ignore ports: two nodes on one machine would
sign each other's staff out. Every route needs a session unless it is marked `public`; forgetting
the mark refuses, never admits.
"""

from typing import Any, Final

from anyio import to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from casework.access.caller import Caller
from casework.access.sessions import Session, SessionKind, Sessions, SignInNeeded
from sync_protocol.ids import NodeId

PUBLIC: Final = "public"
KIND: Final = "session_kind"
SESSION: Final = "session"
TERMINAL_S_MAX: Final = 400 * 24 * 60 * 60
"""Seconds for which a browser keeps the name of its terminal: the longest that they keep any."""
BINDING_S_MAX: Final = 10 * 60
BEARER: Final = "bearer "

AnyConnection = ASGIConnection[Any, Any, Any, Any]


class SessionGate(AbstractAuthenticationMiddleware):
    """Puts the caller and the token on every request to a route that is not public."""

    def __init__(self, app: ASGIApp, sessions: Sessions, cookie_name: str) -> None:
        """Look sessions up in `sessions`, by the cookie of this name or a bearer token."""
        super().__init__(app, exclude_from_auth_key=PUBLIC)
        self._sessions = sessions
        self._cookie_name = cookie_name

    async def authenticate_request(self, connection: AnyConnection) -> AuthenticationResult:
        """The caller; SignInNeeded where nobody is signed in."""
        token, kind = self._token_of(connection)
        connection.scope["state"][KIND] = kind
        session = await to_thread.run_sync(self._sessions.use, token, kind)
        connection.scope["state"][SESSION] = session
        return AuthenticationResult(user=session.caller, auth=token)

    def _token_of(self, connection: AnyConnection) -> tuple[str, SessionKind]:
        given = connection.headers.get("authorization")
        if given is not None:
            if not given.lower().startswith(BEARER):
                raise SignInNeeded("the Authorization header holds no bearer token")
            return given[len(BEARER) :].strip(), "bearer"
        cookie = connection.cookies.get(self._cookie_name)
        if cookie is None:
            raise SignInNeeded
        return cookie, "cookie"


def cookie_name(node: NodeId, *, is_tls: bool) -> str:
    """The name of this node's session cookie; `__Host-` binds it to this host over TLS."""
    name = f"tc_{node.hex()[:8]}"
    return f"__Host-{name}" if is_tls else name


def session_cookie(name: str, token: str) -> Cookie:
    """The cookie that carries a session: not readable by scripts, sent to this site alone."""
    return Cookie(
        key=name,
        value=token,
        path="/",
        httponly=True,
        samesite="strict",
        secure=name.startswith("__Host-"),
    )


def ended_cookie(name: str) -> Cookie:
    """What takes the session's cookie away."""
    ended = session_cookie(name, "")
    ended.max_age = 0
    return ended


def terminal_cookie_name(name: str) -> str:
    """The name of the cookie by which a browser knows which terminal it is, of this node's."""
    return f"{name}_terminal"


def terminal_cookie(name: str, token: str) -> Cookie:
    """The cookie that says which terminal a browser is; it opens nothing."""
    kept = session_cookie(terminal_cookie_name(name), token)
    kept.max_age = TERMINAL_S_MAX
    return kept


def binding_cookie_name(name: str) -> str:
    """The name of the cookie that binds a sign-in elsewhere to the browser that began it."""
    return f"{name}_online"


def binding_cookie(name: str, binding: str) -> Cookie:
    """What a browser holds from when it is sent to another service until it comes back.

    Not strict: the browser then comes from there. It opens nothing by itself. An empty one takes
    it away.
    """
    kept = session_cookie(binding_cookie_name(name), binding)
    kept.samesite = "lax"
    kept.max_age = BINDING_S_MAX if binding else 0
    return kept


def session_of(connection: AnyConnection) -> Session:
    """The session of a request; SignInNeeded where there is none."""
    caller_of(connection)
    found = connection.scope["state"][SESSION]
    assert isinstance(found, Session), "the gate puts the session beside its caller"
    return found


def caller_of(connection: AnyConnection) -> Caller:
    """Who asks; SignInNeeded on a public route where nobody need be signed in."""
    user = connection.scope.get("user")
    if not isinstance(user, Caller):
        raise SignInNeeded
    return user


def token_of(connection: AnyConnection) -> str:
    """The token of the session of a request."""
    caller_of(connection)
    return str(connection.scope["auth"])


def is_cookie_session(connection: AnyConnection) -> bool:
    """Whether the request came with a cookie, which a browser sends by itself."""
    state: dict[str, Any] = connection.scope["state"]
    return state.get(KIND) == "cookie"
