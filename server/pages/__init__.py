"""The pages of the centre beyond those it shares with the offices."""

from pathlib import Path
from typing import Final

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
