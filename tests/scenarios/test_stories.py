"""Every story goes as it is told."""

from pathlib import Path

import pytest

from tests.scenarios.career_stage import CareerStage
from tests.scenarios.stage import Departure, Stage

FOLDER = Path(__file__).parent / "stories"
STORIES = sorted(FOLDER.glob("*.txt"))
CAREERS = sorted((FOLDER / "careers").glob("*.txt"))


def test_there_are_stories() -> None:
    assert len(STORIES) >= 10
    assert CAREERS


@pytest.mark.unhurried
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


@pytest.mark.slow
@pytest.mark.parametrize("story", CAREERS, ids=lambda path: path.stem)
def test_a_whole_sentence_goes_as_it_is_told(story: Path, tmp_path: Path) -> None:
    tell(CareerStage(tmp_path / "estate"), story.read_text("utf-8"), story.name)


def play(text: str, name: str, folder: Path) -> None:
    """Plays every line; the story's own line number is in what fails."""
    tell(Stage(folder / "estate", ["LEI", "MDI", "N55LEE"]), text, name)


def tell(stage: Stage, text: str, name: str) -> None:
    """Plays every line on a stage, and clears it away."""
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
