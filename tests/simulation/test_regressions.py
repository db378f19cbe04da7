"""Faults that the simulation found, each reduced to its story and kept as a witness."""

from sync_protocol.scope import Flag
from tests.simulation.script import Story


def test_work_let_stand_by_a_reception_takes_no_number_of_the_reception() -> None:
    """INV-09: a restored hub let parked work stand while it numbered what came with it."""
    story = Story()
    first, second = story.edges
    story.image(story.hub)
    story.bring(first, first)
    story.write(first, {"label": "a parcel"})
    story.bring(first, second)
    story.settle()
    work = story.write(second, {"colour": "red"})
    story.settle()
    first.is_cut = True
    story.roll_back(story.hub, is_told=True)
    story.settle()
    assert story.at_hub(work) == (Flag.PARKED, "not_entitled")
    story.bring(second, second)
    story.settle()
    first.is_cut = False
    story.settle()
    assert story.at_hub(work) == (Flag.APPLIED, "")
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
