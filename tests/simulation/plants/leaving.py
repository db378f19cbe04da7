"""Plants in how a subject is let go of, and in how nodes mend where they differ."""

from typing import Final

from tests.simulation.damage import simulate_damaged
from tests.simulation.plants.planting import Plant, Slip
from tests.simulation.plants.recipes import (
    DAMAGED,
    LEFT_AND_CUT,
    LEFT_AND_LOST,
    LEFT_AND_REPEATED,
)

_DEPARTURES: Final = "sync_protocol.io.departures:Departures"
_HUB: Final = "sync_protocol.io.hub_departures"
_ESCROW: Final = "sync_protocol.io.escrow:Escrow"

LEAVING: Final = (
    Plant(
        name="purge_on_a_missing_list",
        area="hand-over",
        does="Whom a restored hub does not name is let go of and destroyed at once.",
        harms="The centre comes back empty, and with its first answer every prison is, too.",
        caught_by=("INV-01", "INV-07"),
        changed=LEFT_AND_LOST,
        slips=(
            Slip(
                f"{_DEPARTURES}.meet_incarnation",
                '        core.connection.execute("DELETE FROM grants WHERE node = ?",'
                " (core.parts.node,))\n",
                '        core.connection.execute("DELETE FROM grants WHERE node = ?",'
                " (core.parts.node,))\n"
                '        sql = "SELECT subject_no FROM held_before"\n'
                "        for (subject_no,) in core.connection.execute(sql):\n"
                "            self.escrow.seal(subject_no)\n"
                "            self.escrow.purge(subject_no)\n",
            ),
        ),
    ),
    Plant(
        name="sealed_ops_dropped",
        area="hand-over",
        does="Whoever is let go of is taken out of the log.",
        harms="The last copy of what the centre loses next week is gone.",
        caught_by=("INV-01", "another chain"),
        changed=LEFT_AND_LOST,
        slips=(
            Slip(
                f"{_ESCROW}.seal",
                "        self._drop_base(subject_no)\n",
                "        self._drop_base(subject_no)\n"
                "        core.connection.execute(\n"
                '            "DELETE FROM ops WHERE subject_no = ? AND other_no = 0"\n'
                '            " AND life_no NOT IN (SELECT life_no FROM lives WHERE node = ?)",\n'
                "            (subject_no, core.parts.node),\n"
                "        )\n",
            ),
        ),
    ),
    Plant(
        name="escrow_not_asked",
        area="hand-over",
        does="What lies in escrow is offered to a restored hub without its bodies.",
        harms="The centre gets back that something was written, and never what.",
        caught_by=("INV-01", "INV-07"),
        changed=LEFT_AND_LOST,
        slips=(
            Slip(
                "sync_protocol.session:SpokeSession.ask",
                "escrow=self._log.escrow(runs, returned),",
                "escrow=(),",
            ),
        ),
    ),
    Plant(
        name="box_of_no_keys",
        area="hand-over",
        does="A subject's keys are destroyed before they are put into their boxes.",
        harms="What a prison handed over can be opened by nobody, the centre included.",
        caught_by=("INV-01", "INV-07"),
        changed=LEFT_AND_LOST,
        slips=(
            Slip(
                f"{_ESCROW}._destroy_keys",
                "        keys = core.connection.execute(sql, (subject_no,))\n",
                "        keys = core.connection.execute(sql, (subject_no,))[:0]\n",
            ),
        ),
    ),
    Plant(
        name="purge_before_receipt",
        area="hand-over",
        does="What was let go of is destroyed at once, and not when the centre has the receipt and"
        " the backups' time is over.",
        harms="The centre is restored, and asks in vain for what a prison held last week.",
        caught_by=("INV-01", "INV-07"),
        changed=LEFT_AND_LOST,
        slips=(
            Slip(
                f"{_DEPARTURES}._seal",
                "        self._set_state(subject_no, SEALED, now_ms)\n",
                "        self._set_state(subject_no, SEALED, now_ms)\n"
                "        self.escrow.purge(subject_no)\n",
            ),
        ),
    ),
    Plant(
        name="receipt_not_durable",
        area="hand-over",
        does="The hub says that it has a receipt which a power cut may still take away.",
        harms="A prison destroys its copy, and the centre cannot tell that it ever let go.",
        caught_by=("receipts:", "INV-01"),
        changed=LEFT_AND_CUT,
        slips=(
            Slip(
                "sync_protocol.io.hub_ingest:HubIngest.ingest",
                "is_durable=brings or bool(request.receipts)",
                "is_durable=brings",
            ),
            Slip(
                "sync_protocol.io.hub_ingest:HubIngest.ingest",
                "if brings or request.receipts:",
                "if brings:",
            ),
        ),
    ),
    Plant(
        name="receipt_not_kept",
        area="hand-over",
        does="The hub confirms a receipt and does not keep it.",
        harms="The centre says for ever that a prison has not let go of somebody.",
        caught_by=("receipts:",),
        slips=(
            Slip(
                f"{_HUB}:HubDepartures.receipted",
                "if self._connection.execute(",
                "if self._node or self._connection.execute(",
            ),
            Slip(
                f"{_HUB}:_take_receipt",
                "    keep_receipt(core.connection, receipt, (node, subject_no, incarnation))\n",
                "",
            ),
        ),
    ),
    Plant(
        name="return_leaves_the_departure",
        area="hand-over",
        does="Somebody who comes back while he is being let go of is let go of all the same.",
        harms="A man is back on his wing, and his file closes in front of the officer.",
        caught_by=("INV-05", "INV-10", "INV-04"),
        slips=(
            Slip(
                f"{_DEPARTURES}._hold",
                '        core.connection.execute("DELETE FROM departures WHERE subject_no = ?",'
                " (subject_no,))\n",
                "",
            ),
            Slip(
                f"{_HUB}:HubDepartures.permits",
                "one.waiting or self._is_held",
                "one.waiting or False and self._is_held",
            ),
        ),
    ),
    Plant(
        name="stale_leave_taken",
        area="hand-over",
        does="An answer that comes late is taken for the answer to the present question, and a"
        " leave in it ends whatever grant there is.",
        harms="Somebody who came back is let go of on the word of an answer from before.",
        caught_by=("INV-04", "INV-05", "INV-10"),
        changed=LEFT_AND_REPEATED,
        slips=(
            Slip(
                "sync_protocol.session:SpokeSession.take_reply",
                "if reply.count != asked.count:",
                "if reply.count > asked.count:",
            ),
            Slip(
                f"{_DEPARTURES}._begin",
                "if present and present[0][0] > step.ends:",
                "if present and step.ends < 0:",
            ),
            Slip(
                "sync_protocol.io.spoke_log:SpokeLog._set_cursor",
                "cursor == core.cursor()",
                "cursor.scope_epoch < core.cursor().scope_epoch",
            ),
        ),
    ),
    Plant(
        name="repair_trusts_the_other",
        area="repair",
        does="What the other side does not hold is taken out here as well.",
        harms="A centre that lost entries has every office lose them, too.",
        caught_by=("INV-01",),
        changed=DAMAGED,
        runs=simulate_damaged,
        slips=(
            Slip(
                "sync_protocol.io.repair:SpokeRepair._take_word",
                "            is_own = self._is_own(held[op_id])\n",
                '            sql = "DELETE FROM ops WHERE op_id = ?"\n'
                "            self._core.connection.execute(sql, (op_id,))\n"
                "            is_own = self._is_own(held[op_id])\n",
            ),
        ),
    ),
    Plant(
        name="repair_offers_nothing",
        area="repair",
        does="What the hub lacks is found and never offered.",
        harms="The centre never gets back what its disk lost, and says that offices differ.",
        caught_by=("INV-01", "INV-10", "INV-04"),
        changed=DAMAGED,
        runs=simulate_damaged,
        slips=(
            Slip(
                "sync_protocol.io.repair:SpokeRepair.runs",
                "self._offers = gather_named(self._core, now.own_lacking, ops_max)",
                "self._offers = ()",
            ),
        ),
    ),
    Plant(
        name="digest_without_verdicts",
        area="repair",
        does="A digest says which ops are held, and not under which verdicts.",
        harms="Two offices show different entries as the latest, and say that they agree.",
        caught_by=("INV-04",),
        changed=DAMAGED,
        runs=simulate_damaged,
        slips=(
            Slip(
                "sync_protocol.snapshot:term_of",
                "    return digest_term(\n",
                "    flags = 0\n    return digest_term(\n",
            ),
            Slip(
                f"{_HUB}:_term",
                "    return digest_term(\n",
                "    flags = 0\n    return digest_term(\n",
            ),
        ),
    ),
)
