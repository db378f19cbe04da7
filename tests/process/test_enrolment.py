"""S1, S2, S3, S12: a centre and an office as programs, over TLS: in, revoked, and in anew."""

import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.key_ring import load_key
from tests.process.programs import COMMAND, free_base, run

pytestmark = [pytest.mark.process, pytest.mark.slow]

PASSWORD = "three plain words here"
WITHIN_S = 60.0
LOOK_EVERY_S = 0.1
CODE = re.compile(r"Code: (\S+)")
WORDS = re.compile(r"Six words: ([a-z ]+)")
LIVES = "SELECT count(*) FROM lives l WHERE l.node = ?"


class Estate:
    """A centre with two administrators, and an office that may have several computers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_base()
        self.centre = folder / "estate" / "CENTRE"
        url = f"https://127.0.0.1:{self.port}"
        named = ("--name", "Test", "--url", url, "--recovery-key", "ab" * 32, "--purpose", "test")
        self.says("node", "found", "--dir", str(folder / "estate"), *named)
        for name in ("ada", "bob"):
            self.add(name, "administrator", self.centre)

    def says(self, *words: str, given: str = f"{PASSWORD}\n") -> str:
        """What a command prints that does what it was asked for."""
        said = run(*words, given=given)
        assert said.returncode == 0, said.stderr
        return said.stdout

    def node(self, command: str, *words: str, by: str) -> str:
        """A command about nodes at the centre."""
        return self.says("node", command, "LEI", *words, "--as", by, *self.at(self.centre))

    def at(self, own: Path) -> tuple[str, str]:
        """The option that names a node by its folder."""
        return ("--settings", str(own / "settings.env"))

    def add(self, name: str, role: str, own: Path) -> None:
        """An account at a node."""
        self.says("staff", "add", name, "--name", name.title(), "--role", role, *self.at(own))

    def enrol(self, box: str, *new: str, by: str, other: str) -> Path:
        """Set a computer up for Leeds: one administrator invites, the other compares the words."""
        own, file = self.folder / box, self.folder / f"{box}.json"
        said = self.node("invite", *new, "--why", "It opens.", "--to", str(file), by=by)
        code = CODE.search(said)
        assert code is not None
        enrol = ("node", "enrol", "--invitation", str(file), "--dir", str(own), "--no-wait")
        came = run(*enrol, given=f"{code[1]}\n")
        assert came.returncode == 3, came.stderr
        words = WORDS.search(came.stdout)
        assert words is not None
        self.node("approve", "--words", words[1].strip(), by=other)
        assert "is let in" in self.says("node", "enrol", "--dir", str(own), "--no-wait")
        self.add("ash", "staff", own)
        return own

    @contextmanager
    def served(self, role: str, own: Path) -> Iterator[httpx.Client]:
        """A node as a program, and a terminal that believes the estate's authority alone."""
        log = own / "log.txt"
        with log.open("ab") as printed:
            program = subprocess.Popen(
                [*COMMAND, "serve", role, *self.at(own)],
                stdout=printed,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "200"},
            )
        try:
            url = f"https://127.0.0.1:{self.port + (role == 'edge')}"
            pem = (self.centre / "authority.pem").read_text("ascii") if role == "server" else ""
            trusted = ssl.create_default_context()
            trusted.load_verify_locations(cadata=pem or (own / "authority.pem").read_text("ascii"))
            with httpx.Client(base_url=url, verify=trusted, trust_env=False) as terminal:
                until(lambda: answers(terminal), f"{own.name} answers\n{log.read_text()}")
                yield terminal
        finally:
            program.terminate()
            program.wait(WITHIN_S)

    def select(self, own: Path, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement, over a connection of our own."""
        connection = open_encrypted(own / "store.db", load_key(own / "store.key"), must_exist=True)
        try:
            return connection.execute(sql, given)
        finally:
            connection.close()

    def verified(self) -> Mapping[str, Any]:
        """What `verify` says of the centre; raises where it finds a fault."""
        (report,) = json.loads(self.says("verify", "--json", *self.at(self.centre)))["nodes"]
        assert report["faults"] == []
        found: Mapping[str, Any] = report
        return found


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


def test_an_office_joins_exchanges_is_revoked_and_begins_anew_on_another_computer(
    estate: Estate,
) -> None:
    """S2, S3, S12: over TLS, under one node with two lives; what came before stands."""
    with estate.served("server", estate.centre):
        box = estate.enrol("box", *new_office(estate.port + 1), by="ada", other="bob")
        with estate.served("edge", box) as leeds:
            for port in (estate.port, estate.port + 1):
                check_tls(box, port)
            sign_in(leeds)
            person = receive(leeds)
            until(lambda: ops(estate, estate.centre) == ops(estate, box), "the centre has it all")
    with estate.served("edge", box) as leeds:
        sign_in(leeds)
        note(leeds, person, "Written while nobody listens.")
    estate.node("revoke", "--why", "Stolen last night.", by="ada")
    with estate.served("server", estate.centre), estate.served("edge", box) as leeds:
        sign_in(leeds)
        until(lambda: leeds.get(f"/api/v1/people/{person}").status_code == 423, "it locks")
    report = estate.verified()
    assert report["parked"] == 1
    assert report["ops"] == ops(estate, box)
    with estate.served("server", estate.centre):
        other = estate.enrol("other", by="bob", other="ada")
        with estate.served("edge", other) as leeds:
            sign_in(leeds)
            until(lambda: knows(leeds, person), "the other computer has whom the office holds")
            texts = notes(leeds, person)
            assert texts == ["Received."]
            note(leeds, person, "Written on the other computer.")
            until(lambda: lives(estate, other) == 2, "the node has another life")
            until(lambda: has_note(estate, "Written on the other computer."), "the centre has it")
    assert estate.verified()["parked"] == 1
    assert load_key(box / "signing.key") != load_key(other / "signing.key")


def check_tls(box: Path, port: int) -> None:
    """S2: 1.3 alone, under the estate's authority alone, and nothing in the clear."""
    older = ssl.create_default_context()
    older.load_verify_locations(cadata=(box / "authority.pem").read_text("ascii"))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    for context in (older, ssl.create_default_context()):
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://127.0.0.1:{port}/live", verify=context, trust_env=False)
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{port}/live", trust_env=False)


def new_office(port: int) -> tuple[str, ...]:
    named = ("--kind", "prison", "--name", "Leeds (HMP)")
    return (*named, "--host", "127.0.0.1", "--port", str(port))


def until(look: Callable[[], bool], what: str) -> None:
    give_up_s = time.monotonic() + WITHIN_S
    while not look():
        assert time.monotonic() < give_up_s, f"never: {what}"
        time.sleep(LOOK_EVERY_S)


def answers(terminal: httpx.Client) -> bool:
    try:
        return terminal.get("/live").is_success
    except httpx.TransportError:
        return False


def sign_in(terminal: httpx.Client) -> None:
    given = {"user_name": "ash", "password": PASSWORD, "device": "terminal-1"}
    answer = terminal.post("/api/v1/sign-in", json=given)
    assert answer.is_success, answer.text
    terminal.headers["authorization"] = f"Bearer {answer.json()['token']}"


def receive(terminal: httpx.Client) -> str:
    """Somebody comes into Leeds; returns the person's id."""
    body = {"first": "Ada", "last": "Marsh", "date_of_birth": "1990-02-03", "sex": "M"}
    answer = terminal.post("/api/v1/people", json={**body, "confirmed": True})
    assert answer.is_success, answer.text
    person: str = answer.json()["person"]
    moved = {"type": "ADM", "reason": "N", "direction": "IN", "to_place": "LEI", "escort": "PECS"}
    values = {**moved, "occurred_at": now_ms()}
    path = f"/api/v1/people/{person}/records/movement"
    answer = terminal.post(path, json={"values": values})
    assert answer.is_success, answer.text
    note(terminal, person, "Received.")
    return person


def note(terminal: httpx.Client, person: str, text: str) -> None:
    body = {"type": "GEN", "subtype": "HIS", "text": text, "occurred_ms": now_ms()}
    answer = terminal.post(f"/api/v1/people/{person}/records/case_note", json=body)
    assert answer.is_success, answer.text


def notes(terminal: httpx.Client, person: str) -> list[str]:
    answer = terminal.get(f"/api/v1/people/{person}/records/case_note")
    assert answer.is_success, answer.text
    shown = [text for one in answer.json()["records"] for text in one["values"]["text"]]
    return [text["text"] for text in shown]


def knows(terminal: httpx.Client, person: str) -> bool:
    return terminal.get(f"/api/v1/people/{person}").is_success


def ops(estate: Estate, own: Path) -> int:
    return int(estate.select(own, "SELECT count(*) FROM ops")[0][0])


def lives(estate: Estate, own: Path) -> int:
    """How many lives of an office's node the centre knows."""
    ((node,),) = estate.select(own, "SELECT value FROM meta WHERE name = 'node'")
    return int(estate.select(estate.centre, LIVES, node)[0][0])


def has_note(estate: Estate, text: str) -> bool:
    rows = estate.select(estate.centre, "SELECT text FROM case_note WHERE text NOT NULL")
    return any(one["text"] == text for (texts,) in rows for one in json.loads(texts))


def now_ms() -> int:
    return time.time_ns() // 1_000_000
