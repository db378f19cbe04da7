"""Bytes under which something fell once: `<target>-<what it was>.hex`, read again by every gate."""

from pathlib import Path

SUFFIX = ".hex"
LINE = 96


def found_in(folder: Path) -> list[tuple[str, Path]]:
    """Each sample of the folder with the name of its target."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    return [(file.stem.partition("-")[0], file) for file in files]


def read_sample(file: Path) -> bytes:
    """The bytes of a sample."""
    return bytes.fromhex(file.read_text("ascii"))


def write_sample(file: Path, raw: bytes) -> None:
    """Keep bytes under which something fell."""
    digits = raw.hex()
    lines = (digits[at : at + LINE] for at in range(0, len(digits), LINE))
    file.write_text("".join(f"{line}\n" for line in lines), "ascii")
