"""The office's audit goes to the centre after the records, and what is urgent before."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from edge.services.audit_line import SEND_AFTER_MS, SEND_FROM_LINES, AuditKeeper
from sync_protocol.errors import LineDown
from sync_protocol.io.audit_exchange import AuditDoor, AuditSender
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.sync_driver import LineStatus
from tests.desks import Offices, node_id


class Line:
    """Carries offers straight to the centre's door while it is up."""

    def __init__(self, door: AuditDoor) -> None:
        """Up, and nothing carried yet."""
        self.door, self.is_up, self.carried = door, True, 0

    async def carry(self, request: bytes) -> bytes:
        """The answer."""
        if not self.is_up:
            raise LineDown("cut")
        self.carried += 1
        return await asyncio.to_thread(self.door.receive, request)

    async def close(self) -> None:
        """Nothing to close."""


class Driver:
    """What the driver of the records would say."""

    def __init__(self) -> None:
        """Up, and nothing waits."""
        self.state: Any = "up"
        self.waiting_ops = 0

    def status(self) -> LineStatus:
        """How the line stands."""
        return LineStatus(
            state=self.state, since_ms=0, last_heard_ms=None, waiting_ops=self.waiting_ops,
            oldest_waiting_ms=0, fault=None,
        )  # fmt: skip


class Sending:
    """Leeds with a keeper of its audit, and the centre."""

    def __init__(self, folder: Path) -> None:
        """Nobody has done anything yet."""
        offices = Offices(folder)
        self.leeds, self.centre = offices.open("LEI"), offices.open("CENTRE")
        self.ash = self.leeds.hire("ash")
        keys = {node_id("LEI"): self.leeds.signer("LEI").public_key}
        self.line, self.driver = Line(AuditDoor(self.centre.store, keys.get)), Driver()
        public = self.centre.signer("CENTRE").public_key
        sender = AuditSender(self.leeds.store, node_id("CENTRE"), public)
        self.keeper = AuditKeeper(sender, self.line, self.driver)  # type: ignore[arg-type]

    def tell(self, act: str = "read", count: int = 1) -> None:
        """So many lines."""
        line = AuditLine(actor=self.ash.staff, act=act)
        self.leeds.store.witness([line] * count)

    def send(self) -> int:
        """What the keeper does when it looks."""
        return asyncio.run(self.keeper.send())

    def copied(self) -> tuple[int, int]:
        """How many lines the centre has, and how many of them ahead of their turn."""
        with self.centre.store.reading() as reading:
            rows = reading.select(
                "SELECT (SELECT count(*) FROM audit_copies), (SELECT count(*) FROM audit_ahead)"
            )
        return int(rows[0][0]), int(rows[0][1])


@pytest.fixture
def sending(tmp_path: Path) -> Sending:
    return Sending(tmp_path)


def test_a_few_lines_wait_for_others_and_not_for_long(sending: Sending) -> None:
    sending.tell()
    assert sending.send() == 0
    sending.leeds.clock.pass_ms(SEND_AFTER_MS)
    assert sending.send() == 1
    assert sending.copied() == (1, 0)
    assert sending.send() == 0


def test_many_lines_go_at_once_but_never_before_a_record(sending: Sending) -> None:
    """INV-10: while a change waits, the trail does."""
    sending.tell(count=SEND_FROM_LINES)
    sending.driver.waiting_ops = 1
    assert sending.send() == 0
    sending.driver.waiting_ops = 0
    assert sending.send() > 0
    assert sending.copied() == (SEND_FROM_LINES, 0)


def test_what_is_urgent_goes_whatever_waits(sending: Sending) -> None:
    """S27: the centre hears of a record opened with a reason as soon as there is a line."""
    sending.tell("break_glass")
    sending.driver.waiting_ops = 7
    assert sending.send() == 1
    assert sending.copied() == (0, 1)
    assert sending.send() == 0


def test_without_a_line_nothing_is_tried_and_nothing_lost(sending: Sending) -> None:
    sending.tell("break_glass")
    sending.driver.state = "down"
    assert sending.send() == 0
    sending.driver.state, sending.line.is_up = "up", False
    with pytest.raises(LineDown):
        sending.send()
    sending.line.is_up = True
    assert sending.send() == 1
