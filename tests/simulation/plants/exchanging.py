"""Plants in the exchange, in what the two sides note of one another, and in starting again."""

from typing import Final

from tests.simulation.plants.planting import Plant, Slip
from tests.simulation.plants.recipes import (
    ALONE,
    ALONE_TOLD,
    COPIED,
    FORGOTTEN,
    POWER_CUTS,
)

_OWN_CHAIN: Final = "sync_protocol.io.own_chain"
_SPOKE_LOG: Final = "sync_protocol.io.spoke_log:SpokeLog"
_SESSION: Final = "sync_protocol.session:SpokeSession"

EXCHANGING: Final = (
    Plant(
        name="ack_by_number",
        area="session",
        does="A mark counts by its number, whatever chain it names.",
        harms="What a restored office writes counts as sent, since its twin's op had that number.",
        caught_by=("INV-01",),
        changed=ALONE,
        slips=(
            Slip(
                f"{_OWN_CHAIN}:knows_point",
                '"SELECT 1 FROM segments s JOIN lives l USING(life_no) WHERE s.chain_after = ?"\n'
                '        " AND s.last_seq = ?',
                '"SELECT 1 FROM segments s JOIN lives l USING(life_no) WHERE ? NOT NULL"\n'
                '        " AND s.last_seq >= ?',
            ),
        ),
    ),
    Plant(
        name="cursor_before_data",
        area="session",
        does="How far a reply brings its receiver is durable before what the reply brings.",
        harms="A power cut in between, and an office never hears of what it was just sent.",
        caught_by=("INV-04",),
        changed=POWER_CUTS,
        slips=(
            Slip(
                f"{_SPOKE_LOG}.accept",
                "        with core.transaction(is_durable=_tells(reply)):\n"
                "            if asked.cursor != core.cursor():\n"
                "                return Accepted(0, 0, 0)\n",
                "        with core.transaction():\n"
                "            if asked.cursor != core.cursor():\n"
                "                return Accepted(0, 0, 0)\n"
                "            self._set_cursor(reply.cursor)\n"
                "        with core.transaction(is_durable=_tells(reply)):\n",
            ),
        ),
    ),
    Plant(
        name="hub_ack_before_commit",
        area="store",
        does="The hub acknowledges ops before they are durable there.",
        harms="What an office was told is at the centre is gone with the centre's next power cut.",
        caught_by=("INV-01",),
        changed=POWER_CUTS,
        slips=(
            Slip(
                "sync_protocol.io.hub_ingest:HubIngest.ingest",
                "core.transaction(is_durable=brings or bool(request.receipts))",
                "core.transaction(is_durable=False)",
            ),
        ),
    ),
    Plant(
        name="cursor_runs_ahead",
        area="marks",
        does="A reply that is cut short says that its receiver has everything.",
        harms="After a busy day an office lacks what did not fit, and knows nothing of it.",
        caught_by=("INV-04",),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:HubAnswer._live",
                "if not is_all:",
                "if not is_all and not reach.found:",
            ),
        ),
    ),
    Plant(
        name="fork_not_noticed",
        area="session",
        does="Marks and verdicts of what a node never wrote are passed over.",
        harms="An office whose disk was put back never hears what it had written before.",
        caught_by=("INV-01", "INV-04", "INV-08", "INV-10"),
        changed=COPIED,
        slips=(
            Slip(
                f"{_SESSION}.take_reply",
                "if self._is_forked(reply.marks):",
                "if False:",
            ),
            Slip(
                "sync_protocol.io.spoke_log:_binds",
                "return ids_hash([OpId(row[0]) for row in rows]) == own.ids_hash",
                "return True",
            ),
        ),
    ),
    Plant(
        name="incarnation_ignored",
        area="session",
        does="A node that meets a restored hub takes its new name and forgets nothing.",
        harms="What the centre lost with its disk is never offered to it again.",
        caught_by=("INV-01", "INV-04", "INV-10"),
        slips=(
            Slip(
                f"{_SPOKE_LOG}.meet_incarnation",
                "        with core.transaction():\n",
                "        with core.transaction():\n"
                "            self._set_cursor(Cursor(incarnation=incarnation))\n"
                "        if not incarnation:\n",
            ),
        ),
    ),
    Plant(
        name="acks_of_the_lost_hub",
        area="marks",
        does="What an earlier hub acknowledged counts as acknowledged by the restored one.",
        harms="An office keeps from the centre what the centre lost, and says that nothing waits.",
        caught_by=("INV-01",),
        slips=(
            Slip(
                f"{_SPOKE_LOG}.meet_incarnation",
                'core.connection.execute("UPDATE lives SET received_seq = 0")',
                "pass",
            ),
        ),
    ),
    Plant(
        name="stable_mark_kept",
        area="marks",
        does="How much of a life is in a backup is said of the next life as well.",
        harms="An office takes for safe what no backup holds.",
        caught_by=("marks:",),
        slips=(
            Slip(
                "sync_protocol.io.store_core:StoreCore.start_life",
                'self.set_meta({"stable_seq": 0})',
                "pass",
            ),
            Slip(
                f"{_OWN_CHAIN}:_take_stable",
                "    if mark.life != core.place().life:\n        return\n",
                "    if mark.life != core.place().life or not mark.stable_seq:\n        return\n",
            ),
        ),
    ),
    Plant(
        name="verdicts_of_earlier_lives",
        area="session",
        does="Ops of a node's own earlier lives are not sent back to it.",
        harms="An office that was restored never gets back what it had written itself.",
        caught_by=("INV-04", "INV-10"),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:HubAnswer._split",
                "(not one.flags & Flag.PARKED or one.life_no in own_lives)",
                "not (one.flags & Flag.PARKED or one.life_no in own_lives)",
            ),
        ),
    ),
    Plant(
        name="life_kept_after_restore",
        area="restart",
        does="A node that was restored goes on in the life that its backup has.",
        harms="Two entries have the same number, and a receipt proves neither.",
        caught_by=("INV-08",),
        changed=ALONE_TOLD,
        slips=(
            Slip(
                "sync_protocol.io.op_store:OpStore.note_restored",
                "                self._follow_life()\n",
                "                pass\n",
            ),
        ),
    ),
    Plant(
        name="rollback_not_noticed",
        area="restart",
        does="A hub does not ask whether its visitors know of more than it does.",
        harms="The centre comes back with last week's disk, and nobody tells it.",
        caught_by=("INV-01", "INV-04", "INV-10"),
        changed=FORGOTTEN,
        slips=(
            Slip(
                "sync_protocol.io.hub_door:HubDoor._meet_rollback",
                "if self._store.lacks(request.hello, node):",
                "if False:",
            ),
        ),
    ),
    Plant(
        name="recovery_ends_early",
        area="restart",
        does="A restored hub awaits nobody: the first to call ends its recovery.",
        harms="A prison lets go of somebody while the centre lacks the move that brought him back.",
        caught_by=("recovery:",),
        changed=FORGOTTEN,
        slips=(
            Slip(
                "sync_protocol.io.recovery:begin_recovery",
                "awaited = tuple(Awaited(node) for node in sorted(known - {core.parts.node}))",
                "awaited = tuple(Awaited(node) for node in sorted(known - {core.parts.node})[:1])",
            ),
        ),
    ),
    Plant(
        name="nothing_given_back",
        area="restart",
        does="A spoke offers a restored hub its own ops alone.",
        harms="What the centre itself had settled since its backup is lost to it, and shown by"
        " everybody else.",
        caught_by=("INV-01", "INV-04", "INV-10"),
        changed=FORGOTTEN,
        slips=(
            Slip(
                "sync_protocol.io.returns:expect_returns",
                "RETURN_FROM: 0,",
                "RETURN_FROM: None,",
            ),
        ),
    ),
    Plant(
        name="orphans_written_anew",
        area="restart",
        does="After a fork a node writes what was not acknowledged again, under new ids.",
        harms="What was said twice stands twice, and receipts name ops that nobody has.",
        caught_by=("INV-01",),
        changed=ALONE,
        slips=(
            Slip(
                "sync_protocol.io.op_store:OpStore.start_life",
                "            self.core.start_life(agreed)\n",
                "            from tests.simulation.plants.orphans import write_anew\n\n"
                "            write_anew(self, agreed)\n",
            ),
        ),
    ),
)
