"""Bytes under which something fell once: `<target>-<what it was>.bin`, read again by every gate."""

from pathlib import Path


def found_in(folder: Path) -> list[tuple[str, Path]]:
    """Each sample of the folder with the name of its target."""
    return [(file.stem.partition("-")[0], file) for file in sorted(folder.glob("*.bin"))]
