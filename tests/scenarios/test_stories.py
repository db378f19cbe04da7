"""Every story goes as it is told."""

from pathlib import Path

import pytest

from tests.scenarios.stage import Departure, Stage

FOLDER = Path(__file__).parent / "stories"
STORIES = sorted(FOLDER.glob("*.txt"))


def test_there_are_stories() -> None:
    assert len(STORIES) >= 10


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_goes_as_it_is_told(story: Path, tmp_path: Path) -> None:
    play(story.read_text("utf-8"), story.name, tmp_path)


@pytest.mark.parametrize(
    ("told", "departs"),
    [
        ("LEI receives Ann Moss\n> LEI knows not Ann Moss", "LEI holds"),
        ("LEI dances", "No sentence"),
        ("LEI receives Ann Moss\n> LEI has 3 waiting", "has 2 waiting"),
        ("LEI receives Ann Moss\n> all agree", "still waits"),
    ],
)
def test_a_story_that_is_not_so_fails(told: str, departs: str, tmp_path: Path) -> None:
    with pytest.raises(Departure, match=departs):
        play(told, "told", tmp_path)


def play(text: str, name: str, folder: Path) -> None:
    """Plays every line; the story's own line number is in what fails."""
    stage = Stage(folder / "estate", ["LEI", "MDI", "N55LEE"])
    try:
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if line and not line.startswith("#"):
                try:
                    stage.play(line)
                except Departure as fault:
                    raise Departure(f"{name}, line {number}: {line}\n{fault}") from fault
    finally:
        stage.world.close()
