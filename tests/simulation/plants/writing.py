"""Plants in how an op is written, stored and merged."""

from typing import Final

from tests.simulation.damage import simulate_damaged
from tests.simulation.plants.planting import Plant, Slip
from tests.simulation.plants.recipes import DAMAGED, POWER_CUTS

WRITING: Final = (
    Plant(
        name="ack_before_commit",
        area="store",
        does="A write is acknowledged before it is durable.",
        harms="An officer is told that an alert is saved, and a power cut takes it away.",
        caught_by=("INV-01",),
        changed=POWER_CUTS,
        slips=(
            Slip(
                "sync_protocol.io.op_store:OpStore.write",
                "with core.transaction():",
                "with core.transaction(is_durable=False):",
            ),
        ),
    ),
    Plant(
        name="audit_outside",
        area="store",
        does="The audit line of a write is a transaction of its own, after that of the op.",
        harms="A write outlives a power cut of which the audit knows nothing: nobody answers for"
        " it.",
        caught_by=("INV-02",),
        changed=POWER_CUTS,
        slips=(
            Slip(
                "sync_protocol.io.op_store:OpStore.write",
                "            add_lines(core.connection, _lines_of(act), now_ms)\n"
                "            core.note_change()\n",
                "            core.note_change()\n"
                "        with core.transaction():\n"
                "            add_lines(core.connection, _lines_of(act), now_ms)\n",
            ),
        ),
    ),
    Plant(
        name="replaces_all_that_stands",
        area="author",
        does="A change replaces all that stands, and not only what its author was shown.",
        harms="An officer who never saw a warning takes it away by writing about something else.",
        caught_by=("INV-06",),
        slips=(
            Slip(
                "sync_protocol.author:_replaces",
                "known = [one for one in stands.get(field, ()) if seen is None or one in seen]",
                "known = [one for one in stands.get(field, ()) if seen is None or one in seen or"
                " not kind.fields[field].is_gathered]",
            ),
        ),
    ),
    Plant(
        name="gathered_replaced",
        area="author",
        does="A new entry of a gathered field replaces those that stand.",
        harms="Every case note hides the one before it.",
        caught_by=("INV-06",),
        slips=(
            Slip(
                "sync_protocol.author:_replaces",
                "seen = draft.corrects if kind.fields[field].is_gathered else draft.seen",
                "seen = draft.seen",
            ),
        ),
    ),
    Plant(
        name="clock_of_the_wall",
        area="author",
        does="An op's time is the wall clock's, whatever was written or heard before.",
        harms="After a clock is set back, an older entry is shown as the latest.",
        caught_by=("clocks:",),
        slips=(
            Slip(
                "sync_protocol.clock:next_hlc",
                "return Hlc(max(latest + 1, pack_hlc(now_ms, 0)))",
                "return pack_hlc(now_ms, 0)",
            ),
        ),
    ),
    Plant(
        name="clock_set_back_refuses",
        area="author",
        does="Nothing can be written while the clock is behind what was written last.",
        harms="A prison whose clock was corrected cannot record anything for an hour.",
        caught_by=("INV-10",),
        slips=(
            Slip(
                "sync_protocol.author:write_act",
                "    sets = _change_sets(act.drafts, now_ms, chance)\n",
                "    if place.hlc >> 16 > now_ms + 60_000:\n"
                '        raise InvalidValue("the clock was set back")\n'
                "    sets = _change_sets(act.drafts, now_ms, chance)\n",
            ),
        ),
    ),
    Plant(
        name="highest_as_latest",
        area="merge",
        does="A field that shows the most cautious side shows the latest.",
        harms="A lower risk written without having seen the higher one takes its place.",
        caught_by=("INV-07",),
        slips=(
            Slip(
                "sync_protocol.policy:Highest.show",
                "highest = max(sides, key=lambda side: (self.scale.rank(side.value), side.op_id))",
                "highest = max(sides, key=lambda side: side.written)",
            ),
        ),
    ),
    Plant(
        name="closed_wins",
        area="merge",
        does="What one side closed is closed, though another says that it is open.",
        harms="A no-contact condition ends although an officer had just renewed it.",
        caught_by=("INV-07",),
        slips=(
            Slip(
                "sync_protocol.policy:OpenClose.show",
                "if len(closed) == len(sides):",
                "if closed:",
            ),
        ),
    ),
    Plant(
        name="tie_by_arrival",
        area="merge",
        does="Of equal sides the one that came first is shown.",
        harms="Two offices show different officers in charge of the same person, for good.",
        caught_by=("INV-04",),
        slips=(
            Slip(
                "sync_protocol.policy:AskAPerson.show",
                "(self._effective(side), side.written)",
                "self._effective(side)",
            ),
            Slip(
                "sync_protocol.merge:_sides_by_field",
                "sorted(standing, key=_by_id)",
                "standing",
            ),
        ),
    ),
    Plant(
        name="conflict_not_listed",
        area="merge",
        does="Where the most cautious side is shown, nobody is asked.",
        harms="Two assessments contradict one another and nobody ever looks.",
        caught_by=("INV-06",),
        slips=(
            Slip(
                "sync_protocol.policy:Highest.show",
                '"levels_differ" if _differ(sides) else None',
                "None",
            ),
        ),
    ),
    Plant(
        name="whole_op_retired",
        area="merge",
        does="An op that is replaced in one field stands in none any more.",
        harms="Whoever corrects a label takes the risk away that was written with it.",
        caught_by=("INV-04", "INV-06", "INV-07"),
        slips=(
            Slip(
                "sync_protocol.merge:retire",
                "kept = {name: value for name, value in stands.values.items() if name != field}",
                "kept: dict[str, Any] = {}",
            ),
        ),
    ),
    Plant(
        name="awaited_forgotten",
        area="merge",
        does="A name is passed over whose op has not come yet.",
        harms="An entry that was corrected stands again where it arrives after its correction.",
        caught_by=("INV-04", "INV-06", "projections:"),
        slips=(
            Slip(
                "sync_protocol.merge:apply",
                "            state.awaited.add((field, op_id))\n",
                "            pass\n",
            ),
        ),
    ),
    Plant(
        name="counted_twice",
        area="merge",
        does="An op that comes again under another verdict counts twice in its subject's digest.",
        harms="Nodes that hold the same say for ever that they differ, and nobody believes them.",
        caught_by=("another digest", "INV-10"),
        changed=DAMAGED,
        runs=simulate_damaged,
        slips=(
            Slip(
                "sync_protocol.io.counting:Counting.recount",
                "digest = digest.minus(term_of(op_id, before[0].flags))",
                "pass",
            ),
        ),
    ),
)
