"""Plants in what the hub judges, and in who may hold whom."""

from typing import Final

from tests.simulation.plants.planting import Plant, Slip
from tests.simulation.plants.recipes import LEFT_AND_COUNTED, SKEWED

_BY_GRANT: Final = (
    "EXISTS (SELECT 1 FROM grants g WHERE g.node = :node AND g.subject_no = o.subject_no"
    " AND g.number <= :epoch)"
)

JUDGING: Final = (
    Plant(
        name="verdict_kept_from_author",
        area="verdicts",
        does="The author of a parked op is not told that it is parked.",
        harms="An office shows as recorded what no other office will ever see.",
        caught_by=("INV-11", "INV-04"),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:HubAnswer._split",
                "own = [one for one in found if one.life_no == present]",
                "own = [one for one in found if one.life_no == present and not one.flags & 2]",
            ),
        ),
    ),
    Plant(
        name="applied_then_parked",
        area="verdicts",
        does="Of two verdicts the parking one counts.",
        harms="A risk that every office showed disappears after the centre was restored.",
        caught_by=("INV-07", "INV-11", "INV-04"),
        slips=(
            Slip(
                "sync_protocol.scope:join_verdicts",
                "    if flags & Flag.APPLIED:\n        return Verdict(flags & ~Flag.PARKED)\n",
                "    if flags & Flag.PARKED:\n"
                '        return Verdict(flags & ~Flag.APPLIED, one.reason or "not_entitled")\n'
                "    if flags & Flag.APPLIED:\n        return Verdict(flags)\n",
            ),
        ),
    ),
    Plant(
        name="change_set_in_part",
        area="verdicts",
        does="Of what was done at once some counts and some is parked.",
        harms="“Close this alert, open that one” ends the first and never opens the second.",
        caught_by=("INV-07",),
        slips=(
            Slip(
                "sync_protocol.scope:judge_sets",
                "if not here:",
                "if judged:",
            ),
        ),
    ),
    Plant(
        name="suspect_is_parked",
        area="verdicts",
        does="What was written under a clock that ran ahead is parked.",
        harms="All that an office with a wrong clock records is lost to everybody else.",
        caught_by=("INV-11",),
        changed=SKEWED,
        slips=(
            Slip(
                "sync_protocol.scope:judge",
                "    if not entitled:\n",
                "    if not entitled or marked:\n",
            ),
        ),
    ),
    Plant(
        name="entitled_by_now",
        area="verdicts",
        does="Who may write is asked of the present, not of what the writer had been told.",
        harms="What a prison wrote in the hour before a transfer is parked when it arrives.",
        caught_by=("INV-11",),
        slips=(
            Slip(
                "sync_protocol.scope:Span.covers",
                "return self.from_number <= told and is_before_end",
                "return self.from_number <= told and is_before_end and self.to_number is None",
            ),
        ),
    ),
    Plant(
        name="poison_stops_the_queue",
        area="verdicts",
        does="An op that cannot be read is refused, and with it all that follows.",
        harms="One damaged entry and an office is cut off from everybody until somebody looks.",
        caught_by=("INV-10", "INV-01"),
        slips=(
            Slip(
                "sync_protocol.io.runs:_take_op",
                "    except UnreadableOp:\n"
                "        return Taken(op_id, raw, None, seq, epoch, UNREADABLE)\n",
                "    except UnreadableOp as fault:\n"
                '        raise BrokenChain("rubbish") from fault\n',
            ),
        ),
    ),
    Plant(
        name="ops_by_number",
        area="verdicts",
        does="The hub knows an op by its place in its author's log, and not by what it says.",
        harms="What was written after a restore is taken for what was lost, and thrown away.",
        caught_by=("INV-01",),
        slips=(
            Slip(
                "sync_protocol.io.hub_ingest:HubIngest._store",
                "new = [one for op_id, one in by_id.items() if op_id not in held]",
                "new = [\n"
                "        one\n"
                "        for op_id, one in by_id.items()\n"
                "        if op_id not in held\n"
                "        and not core.connection.execute(\n"
                '            "SELECT 1 FROM ops WHERE life_no = ? AND seq = ?",\n'
                "            (life_no, one.seq),\n"
                "        )\n"
                "    ]",
            ),
        ),
    ),
    Plant(
        name="scope_change_dropped",
        area="scope",
        does="Where a reply is full, the scope steps that did not fit count as told.",
        harms="A prison receives somebody and is never sent what is known of him.",
        caught_by=("INV-04", "INV-10"),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:HubAnswer._enter",
                "                reach.more = True\n                return\n",
                "                reach.more = True\n"
                "                reach.told(newest)\n                return\n",
            ),
        ),
    ),
    Plant(
        name="pair_of_one_side",
        area="scope",
        does="What concerns two people is sent to whoever holds the first of them alone.",
        harms="A prison holds somebody and is not told whom he must be kept apart from.",
        caught_by=("INV-04",),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:_IN_SCOPE",
                "g.node = :node AND g.subject_no = o.other_no",
                "g.node = :node AND g.subject_no = -1",
            ),
        ),
    ),
    Plant(
        name="scope_of_anybody",
        area="scope",
        does="A node is sent whatever any node may hold.",
        harms="Every office can read every file.",
        caught_by=("INV-05",),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:_IN_SCOPE",
                _BY_GRANT,
                _BY_GRANT.replace("g.node = :node AND ", "").replace(" AND g.number <= :epoch", ""),
            ),
        ),
    ),
    Plant(
        name="sent_after_the_leave",
        area="scope",
        does="Whoever held somebody once is sent what is written of him for ever.",
        harms="The prison that a man left goes on reading what is written about him.",
        caught_by=("INV-05",),
        slips=(
            Slip(
                "sync_protocol.io.hub_answer:_IN_SCOPE",
                _BY_GRANT,
                _BY_GRANT.replace("FROM grants", "FROM spans"),
            ),
        ),
    ),
    Plant(
        name="leave_without_its_grant",
        area="scope",
        does="A leave does not say which grant it ends.",
        harms="Nobody can tell a leave from before somebody came back from one after it.",
        caught_by=("INV-05", "INV-10"),
        slips=(
            Slip(
                "sync_protocol.io.ledger:Ledger._take",
                "ends = before.number if before is not None else 0",
                'ends = before.number if before is not None and act != "leave" else 0',
            ),
        ),
    ),
    Plant(
        name="leaves_not_held_back",
        area="scope",
        does="However many leave a node within an hour, nobody is asked.",
        harms="A mistake at the centre empties a prison's screens within minutes.",
        caught_by=("breaker:",),
        changed=LEFT_AND_COUNTED,
        slips=(
            Slip(
                "sync_protocol.io.ledger:Ledger._hold_back",
                "back = fresh if len(fresh) > room else []",
                "back: list[int] = []",
            ),
        ),
    ),
)
