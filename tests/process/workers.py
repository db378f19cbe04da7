"""Staff who write as fast as they can and keep every acknowledgement, through the API and by forms.

Whoever hears no answer sends the same again under the same key until there is one: a program with
its key, a browser with its form. So what was saved and not told stands once in the end.
"""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from html import unescape
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from sync_protocol.errors import LineDown
from throughcare import acts
from throughcare.making import SignIn
from throughcare.terminal import ApiRefused, Terminal

AGAIN_S = 0.02
TWICE_EVERY = 4
"""How often somebody presses twice although the first press was answered."""
READ_EVERY = 2
CALL_S_MAX = 20.0
UNAVAILABLE = 503
SAVED = "saved"
INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'(\w[\w-]*)="([^"]*)"')
TICKED = "checkbox"


class Entry(msgspec.Struct, frozen=True):
    """Something that a member of staff was told is saved."""

    code: str
    person: str
    text: str
    op_ids: tuple[str, ...] = ()
    """Of what was written by a form only its number is told."""


class Ledger:
    """What everybody was told, kept outside of all nodes."""

    def __init__(self) -> None:
        self.acknowledged: list[Entry] = []
        self.sent_again = 0
        """Entries whose answer was lost at least once."""
        self.refused = 0
        """Answers which said that nothing was saved."""
        self.served: Counter[tuple[str, str, str]] = Counter()
        """Reads that were answered: at which node, to whom, about whom."""


class ApiWorker:
    """Writes notes about one person through the API of one node."""

    def __init__(self, at: Terminal, person: str, ledger: Ledger, name: str) -> None:
        """`at` is signed in; `name` makes the texts this worker's own."""
        self._at, self._person, self._ledger, self._name = at, person, ledger, name
        self.is_over = False
        self.pause_s = 0.0
        self._number = 0

    async def work(self) -> None:
        """Writes and reads until it is over; ends only once the last write was answered."""
        while not self.is_over:
            await asyncio.sleep(self.pause_s)
            self._number += 1
            await self._write(f"{self._name} saw entry {self._number}.", self._number)
            if self._number % READ_EVERY == 0:
                await self._read()

    async def _write(self, text: str, number: int) -> None:
        at, person, key = self._at, self._person, token_hex(16)
        body = {"type": "GEN", "subtype": "HIS", "text": text, "occurred_ms": acts.now_ms(at)}
        path = f"/people/{person}/records/case_note"
        saved = await self._until_saved(path, body, key)
        self._ledger.acknowledged.append(Entry(at.code, person, text, tuple(saved["op_ids"])))
        if number % TWICE_EVERY == 0:
            assert await self._until_saved(path, body, key) == saved, "asked twice, done once"

    async def _until_saved(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        is_lost = False
        while True:
            try:
                saved = await self._at.write(path, body, key=key)
            except LineDown:
                is_lost = True
            except ApiRefused as fault:
                if fault.status != UNAVAILABLE:
                    raise
                self._ledger.refused += 1
            else:
                self._ledger.sent_again += is_lost
                return saved
            await asyncio.sleep(AGAIN_S)

    async def _read(self) -> None:
        with suppress(LineDown):
            await self._at.read(f"/people/{self._person}/records/case_note")
            self._ledger.served[self._at.code, self._at.staff, self._person] += 1


class FormWorker:
    """Writes notes about one person by the form of a node's pages, as a browser without scripts."""

    def __init__(self, url: str, sign_in: SignIn, person: str, ledger: Ledger, name: str) -> None:
        """Nothing is asked before `enter`."""
        self._person, self._ledger, self._name = person, ledger, name
        self._sign_in = sign_in
        self._browser = httpx.AsyncClient(
            base_url=url, timeout=CALL_S_MAX, trust_env=False, headers={"accept": "text/html"}
        )
        self.is_over = False
        self.pause_s = 0.0
        self._number = 0

    async def enter(self) -> None:
        """Signs in by the page."""
        one = self._sign_in
        typed = {"user_name": one.user_name, "password": one.password}
        answer = await self._browser.post("/sign-in", data=typed)
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text

    async def close(self) -> None:
        """Closes the browser."""
        await self._browser.aclose()

    async def page_of_form(self) -> str:
        """The form of a new note, empty."""
        return await self._until_answered("GET", self._path)

    async def sent(self, typed: dict[str, str]) -> httpx.Response:
        """What is answered to a form that was filled in."""
        return await self._browser.post(self._path, data=typed)

    async def shown(self, path: str) -> httpx.Response:
        """A page, wherever it leads to."""
        return await self._browser.get(path, follow_redirects=True)

    @property
    def _path(self) -> str:
        return f"/people/{self._person}/notes/new"

    async def work(self) -> None:
        """As `ApiWorker.work`."""
        while not self.is_over:
            await asyncio.sleep(self.pause_s)
            self._number += 1
            await self._write(f"{self._name} saw entry {self._number}.")

    async def _write(self, text: str) -> None:
        page = await self.page_of_form()
        typed = typed_in(page) | {"subtype": "GEN/HIS", "text": text, "step": "save"}
        is_lost = False
        while True:
            answer = await self._send("POST", self._path, typed)
            if answer is not None and answer.status_code == httpx.codes.SEE_OTHER:
                break
            if answer is None:
                is_lost = True
            else:
                assert answer.status_code == UNAVAILABLE, answer.text
                self._ledger.refused += 1
            await asyncio.sleep(AGAIN_S)
        asked = parse_qs(urlsplit(answer.headers["location"]).query)
        assert SAVED in asked, (answer.headers["location"], typed)
        self._ledger.sent_again += is_lost
        self._ledger.acknowledged.append(Entry(self._sign_in.code, self._person, text))

    async def _until_answered(self, method: str, path: str) -> str:
        while True:
            answer = await self._send(method, path, None)
            if answer is not None and answer.status_code == httpx.codes.SEE_OTHER:
                path = answer.headers["location"]
                continue
            if answer is not None and answer.is_success:
                return answer.text
            await asyncio.sleep(AGAIN_S)

    async def _send(
        self, method: str, path: str, typed: dict[str, str] | None
    ) -> httpx.Response | None:
        try:
            return await self._browser.request(method, path, data=typed)
        except httpx.TransportError:
            return None


Worker = ApiWorker | FormWorker


def typed_in(page: str) -> dict[str, str]:
    """What a form would send if nothing were changed but what is chosen from a list."""
    inputs = [dict(ATTRIBUTE.findall(tag)) for tag in INPUT.findall(page)]
    return {
        one["name"]: unescape(one.get("value", ""))
        for one in inputs
        if "name" in one and one.get("type") != TICKED
    }
