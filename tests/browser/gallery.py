"""A small app that serves the sample of every page, with the headers and files of the real one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from litestar import Litestar, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation

from casework.web.headers import put_headers
from casework.web.shell import Shell, make_shell
from casework.web.static_files import StaticFiles, static_file
from tests.browser.scope_samples import PAGES

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 20


@get("/sample/{name:str}", sync_to_thread=False)
def sample(name: FromPath[str], shell: NamedDependency[SkipValidation[Shell]]) -> Response[str]:
    """One sample page."""
    template, page, frame = PAGES[name]
    return shell.page(template, frame, **page)


def gallery() -> Litestar:
    """The app of all samples."""
    folders = tuple(ROOT / name / "pages" / "templates" for name in ("edge", "server"))
    shell = make_shell(folders)

    def give_shell() -> Shell:
        return shell

    def give_static() -> StaticFiles:
        return shell.static

    return Litestar(
        [sample, static_file],
        dependencies={
            "shell": Provide(give_shell, sync_to_thread=False),
            "static": Provide(give_static, sync_to_thread=False),
        },
        after_request=put_headers,
        openapi_config=None,
    )


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """Serves the app from a thread on a free port of this machine; gives its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + READY_WITHIN_S
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(READY_WITHIN_S)
