"""The pages of an office's terminals beyond those it shares with the centre."""

from pathlib import Path
from typing import Final

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
