"""S12: the centre revokes an office; what comes of it since is judged by two people."""

import asyncio
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from casework.access.accounts import NewAccount
from casework.access.caller import Caller
from casework.desk.alerts import NewAlert, raise_alert, read_alerts
from casework.desk.people import summary
from casework.desk.reading_lock import ReadingLocked
from casework.desk.timeline import unconfirmed
from server.app import HubParts, build_app
from server.services.quarantine import (
    Said,
    all_revocations,
    in_quarantine,
    is_revoked,
    judge,
    revoke,
    trust_again,
)
from sync_protocol.ids import ActorId, SubjectId
from sync_protocol.io.http_peer import HttpPeer
from sync_protocol.io.revoking import SameJudge
from sync_protocol.io.sync_driver import SyncDriver
from tests.desks import PASSWORD, Office
from tests.terminals import at
from tests.unit.casework.desk.steps import someone
from tests.unit.server.test_exchange import line_to
from tests.webs import HERE, parts_of
from throughcare.stores import is_safety

pytestmark = pytest.mark.unhurried

LIGATURE = NewAlert("HA", "Seen with a ligature.", "2026-11-22")
STOLEN = "Stolen from the office last night."


class Both:
    """The centre and an office, and one person whom the office has told the centre of."""

    def __init__(self, folder: Path) -> None:
        self.hub = Office(folder, "CENTRE", is_safety=is_safety)
        self.edge = Office(folder, "LEI", is_safety=is_safety)
        signers = {one.desk.node.id: one.signer(one.desk.place.code) for one in self.nodes}
        keys = {node: signer.public_key for node, signer in signers.items()}
        app = build_app(HubParts(web=parts_of(self.hub), keys=keys))
        line = HttpPeer(HERE)
        line._line = line_to(app)
        hub = self.hub.desk.node.id
        self.edge.store.spoke.wait_ms = 0
        self._driver = SyncDriver(self.edge.store, line, hub, keys[hub])
        self.ash = self.edge.hire("ash")
        self.person: SubjectId = someone(self.edge, self.ash)
        self.sync()

    @property
    def nodes(self) -> tuple[Office, Office]:
        """The centre first."""
        return self.hub, self.edge

    def sync(self) -> None:
        """Until nothing is left to say."""

        async def exchanges() -> None:
            for _ in range(4):
                await self._driver.exchange()

        asyncio.run(asyncio.wait_for(exchanges(), 60))

    def senior(self, name: str) -> Caller:
        """Somebody at the centre who may judge."""
        staff = ActorId(name.encode().ljust(16, b"."))
        title = name.title()
        self.hub.accounts.open_account(NewAccount(staff, name, title, "senior", PASSWORD))
        return Caller(staff, title, "senior", "terminal-1")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path)
    yield made
    for one in made.nodes:
        one.store.close()


def test_a_parked_warning_is_shown_as_unconfirmed_at_both_nodes_that_hold_it(both: Both) -> None:
    """S12: with who wrote it, where, and why it does not count."""
    una = both.senior("una")
    revoke(both.hub.store, both.edge.desk.node.id, Said(una.staff, STOLEN))
    raise_alert(both.edge.desk, both.ash, both.person, LIGATURE)
    both.sync()
    assert read_alerts(both.hub.desk, una, both.person) == ()
    (raised,) = unconfirmed(both.hub.desk, una, both.person)
    assert (raised.why_parked, raised.kind) == ("revoked", "alert")
    with at(both.hub, "una") as browser:
        browser.get(f"/people/{both.person.hex()}")
        text = unescape(browser.text)
    assert "Unconfirmed: kept, and not part of the record" in text
    assert "Seen with a ligature" in text
    assert "at Leeds (HMP)" in text
    assert "waits for two people" in text
    trust_again(both.hub.store, both.edge.desk.node.id, Said(una.staff, "It was found."))
    both.sync()
    (own,) = unconfirmed(both.edge.desk, both.ash, both.person)
    assert own.why_parked == "revoked"


def test_an_office_that_is_revoked_locks_and_reads_again_once_it_is_trusted(both: Both) -> None:
    """S12: the order is all that it is sent."""
    una = both.senior("una")
    node = both.edge.desk.node.id
    revoke(both.hub.store, node, Said(una.staff, STOLEN))
    assert is_revoked(both.hub.store, node)
    both.sync()
    with pytest.raises(ReadingLocked):
        summary(both.edge.desk, both.ash, both.person)
    (one,) = all_revocations(both.hub.store)
    assert (one.why, one.actor) == (STOLEN, una.staff)
    assert [act for act, _ in both.hub.audit()].count("revoke_node") == 1


def test_two_people_release_it_on_the_pages_and_it_counts_everywhere(both: Both) -> None:
    """S12: one alone cannot, and administrators read no content."""
    una, vic = both.senior("una"), both.senior("vic")
    both.hub.hire("ada", "administrator")
    revoke(both.hub.store, both.edge.desk.node.id, Said(una.staff, STOLEN))
    raise_alert(both.edge.desk, both.ash, both.person, LIGATURE)
    both.sync()
    (held,) = in_quarantine(both.hub.store)
    form = f"/quarantine/{held.op_id.hex()}/release"
    with at(both.hub, "ada") as browser:
        browser.get("/quarantine")
        assert STOLEN in unescape(browser.text)
        assert "Alert raised" not in browser.text
        browser.get(form)
        assert browser.status == 403
    assert not judge(both.hub.store, [held.op_id], "release", Said(una.staff, "Asked Leeds."))
    with pytest.raises(SameJudge):
        judge(both.hub.store, [held.op_id], "release", Said(una.staff, "Asked again."))
    with at(both.hub, "vic") as browser:
        browser.get("/quarantine")
        text = unescape(browser.text)
        assert "Una would let it count; somebody else must say the same" in text
        browser.get(form)
        assert browser.status == 200
        assert "Two people must say the same" in unescape(browser.text)
    assert judge(both.hub.store, [held.op_id], "release", Said(vic.staff, "So did I."))
    (alert,) = read_alerts(both.hub.desk, una, both.person)
    assert alert.descriptions == ("Seen with a ligature.",)
    assert in_quarantine(both.hub.store) == []
    assert unconfirmed(both.hub.desk, una, both.person) == ()


def test_what_two_people_keep_out_says_so(both: Both) -> None:
    """S12: it stays listed, and stays unconfirmed."""
    una, vic = both.senior("una"), both.senior("vic")
    revoke(both.hub.store, both.edge.desk.node.id, Said(una.staff, STOLEN))
    raise_alert(both.edge.desk, both.ash, both.person, LIGATURE)
    both.sync()
    (held,) = in_quarantine(both.hub.store)
    judge(both.hub.store, [held.op_id], "keep", Said(una.staff, "A thief wrote it."))
    judge(both.hub.store, [held.op_id], "keep", Said(vic.staff, "Yes."))
    with at(both.hub, "una") as browser:
        browser.get("/quarantine")
        assert "Two people keep it out" in unescape(browser.text)
        browser.get("/quarantine/nonsense/keep")
        assert browser.status == 404
    assert len(unconfirmed(both.hub.desk, una, both.person)) == 1
