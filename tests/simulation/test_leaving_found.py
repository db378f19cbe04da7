"""Faults of leaving and coming back that the simulation found, each reduced to its story."""

from tests.simulation.script import Story
from tests.toys import record, subject

ANN, BEN = subject(1), subject(2)


def test_who_arrives_is_shown_as_kept_apart_from_somebody_who_left_before() -> None:
    """INV-07: the depot wrote of a pair while it held one of them, who left; then came the other.

    The hub sent what the depot had written itself by its name alone, and the depot had no key to
    it any more: an open grudge showed as closed. Season 10.
    """
    story = Story(is_leaving=True)
    first, second = story.edges
    story.bring(first, first, BEN)
    story.bring(second, second, ANN)
    story.settle()
    about = (ANN, BEN)
    pair = record(7)
    values = {"reason": "ash", "status": "open"}
    story.write(first, values, kind="grudge", about=about, which=pair)
    story.settle()
    story.bring(story.hub, second, BEN)
    story.let_go()
    assert first.disk.rows("SELECT DISTINCT state FROM departures") == [("sealed",)]
    story.bring(story.hub, first, ANN)
    story.let_go()
    with first.store.reading() as reading:
        shown = reading.record("grudge", about, pair)
    assert shown is not None
    assert shown.values["status"] == "open"
    story.assert_sound()
