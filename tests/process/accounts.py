"""What became of all that staff were told is saved, read from the stores beside the programs."""

import asyncio
from collections import Counter

import msgspec

from sync_protocol.io.audit_trail import is_unbroken
from tests.process.estates import LiveEstate
from tests.process.programs import run
from tests.process.workers import Entry, Ledger


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The count of a campaign; whatever is not zero below is a fault."""

    acknowledged: int
    sent_again: int
    lost: int
    """Acknowledged, and not at the centre, or not at the node that acknowledged it."""
    doubled: int
    """Texts that stand more than once at any node, and more often than at first."""
    unwitnessed: int
    """Reads that were answered, and of which the audit of the node has no line."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, nothing doubled and every read is in the audit."""
        return not (self.lost or self.doubled or self.unwitnessed)


async def settle(estate: LiveEstate, ledger: Ledger) -> Account:
    """Waits until the estate is at rest and sound, and counts; nodes must run, workers must not.

    Every store verifies, and each spoke's digests are those of the centre (INV-01, INV-10).
    """
    estate.written |= {op_id for one in ledger.acknowledged for op_id in one.op_ids}
    await estate.settle()
    said = await asyncio.to_thread(run, "verify", "--dir", str(estate.folder))
    assert said.returncode == 0, said.stdout + said.stderr
    return account(estate, ledger)


def account(estate: LiveEstate, ledger: Ledger) -> Account:
    """Counts what the stores hold against what was told."""
    texts = {node.code: estate.texts_of(node.code) for node in estate.estate.nodes}
    lost = [one for one in ledger.acknowledged if is_lost(estate, one, texts)]
    return Account(
        acknowledged=len(ledger.acknowledged),
        sent_again=ledger.sent_again,
        lost=len(lost),
        doubled=sum(
            count > max(1, estate.texts_at_first[text])
            for found in texts.values()
            for text, count in found.items()
        ),
        unwitnessed=sum(unwitnessed(estate, ledger).values()),
    )


def is_lost(estate: LiveEstate, entry: Entry, texts: dict[str, Counter[str]]) -> bool:
    """Whether an entry is missing at the centre or where it was written."""
    return not (texts[estate.estate.hub.code][entry.text] and texts[entry.code][entry.text])


def unwitnessed(estate: LiveEstate, ledger: Ledger) -> Counter[tuple[str, str, str]]:
    """INV-13: reads that were answered beyond those of which the node's audit tells."""
    written: Counter[tuple[str, str, str]] = Counter()
    for node in estate.estate.nodes:
        with estate.reading(node.code) as connection:
            assert is_unbroken(connection), f"the audit of {node.code} is whole"
        sql = (
            "SELECT hex(actor), hex(subject), count(*) FROM audit WHERE act = 'read' GROUP BY 1, 2"
        )
        for actor, subject, count in estate.select(node.code, sql):
            written[node.code, actor.lower(), subject.lower()] += count
    return ledger.served - written
