"""An office with its API in front, driven through ASGI without a socket."""

from collections.abc import Mapping
from typing import Any, Self

from litestar.testing import TestClient

from casework.desk.entrance import Entrance
from casework.web.wiring import LOCAL_HOSTS, WebParts, make_app
from tests.desks import PASSWORD, Office

HERE = "http://office.local"


def parts_of(office: Office, **changes: Any) -> WebParts:
    """What an app of this office is made of."""
    entrance = Entrance(office.desk, office.accounts, office.sessions)
    return WebParts(
        entrance=entrance,
        store_folder=office.path.parent,
        release="test",
        hosts=LOCAL_HOSTS | {"office.local"},
        **changes,
    )


class Api:
    """Calls an office's API as a program would."""

    def __init__(self, office: Office, **changes: Any) -> None:
        """Make the app; nobody is signed in yet."""
        app = make_app(parts_of(office, **changes))
        self.web = TestClient(app, base_url=HERE, raise_server_exceptions=False)
        self.bearer: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start the app."""
        self.web.__enter__()
        return self

    def __exit__(self, *fault: object) -> None:
        """Stop it."""
        self.web.__exit__(None, None, None)

    def sign_in(self, user_name: str = "ash", password: str = PASSWORD) -> Any:
        """Sign in and keep the token."""
        body = {"user_name": user_name, "password": password}
        answer = self.web.post("/api/v1/sign-in", json=body)
        if answer.status_code == 200:
            self.bearer = {"authorization": f"Bearer {answer.json()['token']}"}
        return answer

    def get(self, path: str, headers: Mapping[str, str] = {}, **query: Any) -> Any:
        """Read."""
        return self.web.get(f"/api/v1{path}", params=query, headers={**self.bearer, **headers})

    def post(self, path: str, body: Any, headers: Mapping[str, str] = {}) -> Any:
        """Create, or act."""
        return self.web.post(f"/api/v1{path}", json=body, headers={**self.bearer, **headers})

    def patch(self, path: str, body: Any, headers: Mapping[str, str] = {}) -> Any:
        """Change."""
        return self.web.patch(f"/api/v1{path}", json=body, headers={**self.bearer, **headers})
