"""Faults that the simulation found, each reduced to its story and kept as a witness."""

import pytest

from sync_protocol.op import OpBytes, hash_raw, op_id_of
from sync_protocol.scope import Flag
from sync_protocol.seal import Follows
from tests.simulation.faults import write_raw
from tests.simulation.script import Story
from tests.toys import actor, node, raw_op, record, subject


def test_work_let_stand_by_a_reception_takes_no_number_of_the_reception() -> None:
    """INV-09: a restored hub let parked work stand while it numbered what came with it."""
    story = Story()
    first, second = story.edges
    story.image(story.hub)
    story.bring(first, first)
    story.settle()
    work = story.write(second, {"label": "a parcel", "colour": "red"})
    story.settle()
    assert story.at_hub(work) == (Flag.PARKED, "not_entitled")
    first.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.settle()
    story.bring(second, second)
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
    first.is_cut = False
    story.settle()
    story.assert_sound()


def test_what_a_node_wrote_before_it_was_told_anything_stands_at_a_restored_hub() -> None:
    """INV-07: another node came back first and took the subject in; its creator's work was parked.

    Others showed that work, which no spoke could withdraw: a risk could have been lowered so.
    """
    story = Story()
    first, second = story.edges
    story.image(story.hub)
    story.bring(first, first)
    story.bring(first, second)
    raised = story.write(first, {"label": "a parcel", "hazard": "grave"})
    story.settle()
    first.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.bring(second, second)
    story.settle()
    first.is_cut = False
    story.settle()
    assert story.at_hub(raised) == (Flag.APPLIED, "")
    story.assert_sound()


@pytest.mark.parametrize("is_told", [True, False])
def test_what_the_centre_wrote_itself_comes_back_from_the_spokes(is_told: bool) -> None:
    """INV-01: no author offers the hub's own ops again after its restore; who holds them must."""
    story = Story()
    first, _ = story.edges
    story.bring(first, first)
    story.write(first, {"label": "a parcel", "hazard": "some"})
    story.settle()
    story.image(story.hub)
    settled = story.write(story.hub, {"hazard": "grave"})
    story.settle()
    story.roll_back(story.hub, is_told=is_told)
    story.settle()
    assert story.at_hub(settled) == (Flag.APPLIED, "")
    story.assert_sound()


def test_what_hub_and_author_both_lost_comes_back_from_a_third() -> None:
    """INV-01: two restores at once lose nothing that exists on any disk."""
    story = Story()
    first, second = story.edges
    story.bring(first, first)
    story.bring(first, second)
    story.write(first, {"label": "a parcel"})
    story.settle()
    story.image(story.hub)
    story.image(first)
    lost = story.write(first, {"hazard": "grave"})
    story.settle()
    story.roll_back(story.hub, is_told=True)
    story.roll_back(first, is_told=False)
    story.settle()
    assert story.at_hub(lost) == (Flag.APPLIED, "")
    story.assert_sound()


def test_an_author_that_lost_its_ops_does_not_go_on_in_their_life() -> None:
    """INV-08: verdicts of ops that it never wrote tell a spoke of its second branch."""
    story = Story()
    first, second = story.edges
    story.bring(first, first)
    story.bring(first, second)
    story.write(first, {"label": "a parcel"})
    story.settle()
    story.image(story.hub)
    story.image(first)
    lost = story.write(first, {"hazard": "grave"})
    story.settle()
    second.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.roll_back(first, is_told=False)
    meanwhile = story.write(first, {"colour": "ash"})
    story.settle()
    second.is_cut = False
    story.settle()
    assert story.at_hub(lost) == story.at_hub(meanwhile) == (Flag.APPLIED, "")
    assert lost in first.disk.ids()
    story.assert_sound()


def test_a_restored_hub_judges_a_clock_anew_and_every_node_follows() -> None:
    """INV-04: spokes kept an earlier incarnation's suspicion, and showed another order than it."""
    story = Story()
    first, second = story.edges
    story.image(story.hub)
    story.bring(first, first)
    story.bring(first, second)
    story.write(first, {"label": "a parcel", "colour": "red"})
    story.settle()
    first.skew_ms = 10 * 60_000
    ahead = story.write(first, {"colour": "blue"})
    story.settle()
    assert story.at_hub(ahead) == (Flag.APPLIED | Flag.SUSPECT, "")
    first.skew_ms = 0
    second.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.settle()
    assert story.at_hub(ahead) == (Flag.APPLIED, "")
    second.is_cut = False
    story.settle()
    story.assert_sound()


def test_a_hub_rolled_back_is_found_though_its_log_has_grown_again() -> None:
    """INV-01: the number that a spoke had reached named another op by then, which it missed."""
    story = Story()
    first, _ = story.edges
    story.bring(first, first)
    story.write(first, {"label": "a parcel"})
    story.settle()
    story.image(story.hub)
    lost = story.write(story.hub, {"hazard": "grave"})
    story.settle()
    story.roll_back(story.hub, is_told=False)
    grown = [story.write(story.hub, {"colour": colour}) for colour in ("ash", "oak")]
    story.settle()
    assert all(story.at_hub(one) == (Flag.APPLIED, "") for one in (lost, *grown))
    story.assert_sound()


def test_a_hub_rolled_back_is_found_by_who_wrote_nothing() -> None:
    """INV-01: only the author was asked what the hub had acknowledged, and it may never return."""
    story = Story(edges=3)
    first, second, third = story.edges
    story.bring(first, first)
    story.bring(first, second)
    story.bring(first, third)
    story.write(first, {"label": "a parcel"})
    story.settle()
    story.image(story.hub)
    story.image(first)
    third.is_cut = True
    lost = story.write(first, {"hazard": "grave"})
    story.settle()
    second.is_cut, third.is_cut = True, False
    story.roll_back(first, is_told=True)
    story.roll_back(story.hub, is_told=False)
    grown = [story.write(third, {"colour": colour}) for colour in ("ash", "red", "blue")]
    story.settle()
    second.is_cut = False
    story.settle()
    assert all(story.at_hub(one) == (Flag.APPLIED, "") for one in (lost, *grown))
    story.assert_sound()


def test_what_comes_back_parked_waits_for_its_own_place() -> None:
    """INV-09: whose it is was taken from its header, which had been the reason to park it."""
    story = Story()
    first, second = story.edges
    story.bring(first, first)
    story.settle()
    story.image(story.hub)
    story.image(first)
    strange = raw_op(1, {"label": "a parcel"}, node=second.node, actor=actor(2))
    write_raw(first.store, [strange])
    story.settle()
    story.roll_back(first, is_told=True)
    story.settle()
    story.roll_back(story.hub, is_told=True)
    story.settle()
    (row,) = story.hub.disk.rows("SELECT life_no FROM ops WHERE reason = 'misplaced'")
    assert row == (0,)
    story.assert_sound()


def test_a_hub_rolled_back_to_an_earlier_incarnation_does_not_take_its_name_again() -> None:
    """INV-07: epochs of the same name from two timelines were compared, and work was parked."""
    story = Story(edges=1)
    (depot,) = story.edges
    story.image(story.hub)
    story.bring(story.hub, depot)
    story.settle()
    work = story.write(depot, {"label": "a parcel", "hazard": "grave"})
    story.settle()
    story.roll_back(story.hub, is_told=True)
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
    story.roll_back(story.hub, is_told=False)
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
    story.assert_sound()


def test_what_others_gave_back_is_still_offered_by_its_author() -> None:
    """INV-10: ops that the hub had numbered counted as received, though it lacked their chain.

    What followed them could then never be taken, and the hub, asked for the point that it lacked,
    took one new name after another.
    """
    story = Story(outbox_ops=1)
    first, second = story.edges
    story.image(story.hub)
    story.bring(first, first)
    story.bring(first, second)
    story.write(first, {"label": "a parcel"})
    story.settle()
    first.is_cut = True
    last = story.write(first, {"hazard": "grave"})
    place = first.store.core.place()
    first.store.start_life(Follows(place.life, place.seq, place.chain))
    story.roll_back(story.hub, is_told=True)
    story.settle()
    first.is_cut = False
    story.settle()
    assert story.at_hub(last) == (Flag.APPLIED, "")
    story.assert_sound()


def test_work_before_a_creation_of_the_same_batch_stands_at_a_restored_hub() -> None:
    """INV-07: it was parked before its node was let hold the subject, and not looked at again."""
    story = Story(edges=1)
    (depot,) = story.edges
    story.image(story.hub)
    story.bring(story.hub, depot)
    story.settle()
    work = story.write(depot, {"label": "a parcel", "hazard": "grave"})
    story.write(depot, {"text": "hush"}, kind="secret", which=record(2))
    story.settle()
    story.roll_back(story.hub, is_told=True)
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
    story.assert_sound()


def test_a_restored_hub_takes_one_new_name_and_not_one_a_spoke() -> None:
    """INV-10: each spoke that came back under a name lost with the restore cost all another."""
    story = Story(edges=3)
    story.image(story.hub)
    story.roll_back(story.hub, is_told=True)
    for depot in story.edges:
        story.bring(depot, depot, subject(story.edges.index(depot)))
    story.settle()
    story.roll_back(story.hub, is_told=False)
    story.settle()
    met = {line.split()[-1] for line in story.world.lines if " meets " in line}
    assert len(met) == 1
    story.assert_sound()


def test_what_came_without_a_body_comes_back_without_one() -> None:
    """INV-11: parked bytes prove nothing of anybody and are kept as they came, after a restore too.

    Of what counted a restored hub takes none without its body; that must not lose what was parked.
    """
    story = Story()
    first, _ = story.edges
    story.bring(first, first)
    story.settle()
    story.image(first)
    story.image(story.hub)
    write_raw(first.store, [OpBytes(b"no header", None, bytes(32))])
    story.settle()
    story.roll_back(first, is_told=False)
    story.settle()
    story.roll_back(story.hub, is_told=True)
    story.settle()
    (row,) = story.hub.disk.rows("SELECT count(*) FROM ops WHERE body_hash = ?", (bytes(32),))
    assert row == (1,)
    story.assert_sound()


@pytest.mark.parametrize("is_seen", [True, False])
def test_what_a_hub_had_parked_stands_after_its_restore_where_others_were_shown_it(
    is_seen: bool,
) -> None:
    """INV-07: a hub restored to before it parked an op had applied it; then a later image came.

    Whoever was shown the op returns it under the manifest, and it stands. Where nobody but its
    author was, the judgement of the later image holds: a restore alone lets no parked work stand.
    """
    story = Story()
    first, second = story.edges
    story.bring(first, first)
    story.settle()
    story.image(story.hub)
    earlier = story.hub.images
    work = story.write(second, {"label": "a parcel", "colour": "red"})
    story.settle()
    assert story.at_hub(work) == (Flag.PARKED, "not_entitled")
    second.is_cut = True
    story.bring(first, second)
    story.settle()
    story.image(story.hub)
    later, story.hub.images = story.hub.images, earlier
    story.roll_back(story.hub, is_told=True)
    story.settle()
    first.is_cut, second.is_cut = not is_seen, False
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
    story.hub.images = later
    story.roll_back(story.hub, is_told=False)
    first.is_cut = False
    story.settle()
    stands = (Flag.APPLIED, "") if is_seen else (Flag.PARKED, "not_entitled")
    assert story.at_hub(work) == stands
    story.assert_sound()


def test_what_a_twin_gave_back_parked_is_told_to_the_node_in_whose_log_it_is() -> None:
    """INV-10: it stayed nobody's, and that node was never told what had become of it."""
    story = Story()
    first, _ = story.edges
    story.bring(first, first)
    story.settle()
    story.image(story.hub)
    story.world.clone(first)
    twin = story.edges[-1]
    strange = raw_op(1, {"label": "elsewhere"}, node=node(9), actor=actor(1))
    write_raw(first.store, [strange])
    story.settle()
    story.write(twin, {"text": "its own"}, kind="secret", which=record(2))
    story.settle()
    op_id = op_id_of(hash_raw(strange))
    assert op_id in twin.disk.ids("flags & 2")
    first.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.settle()
    assert story.hub.disk.rows("SELECT life_no FROM ops WHERE op_id = ?", (op_id,)) == [(0,)]
    first.is_cut = False
    story.settle()
    assert op_id in first.disk.ids("flags & 2")
    story.assert_sound()
