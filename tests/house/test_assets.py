"""The front-end files stand on their own: every address leads to a file beside them."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from throughcare import assets

_ADDRESS = re.compile(r"url\(\s*[\"']?([^)\"']+)")


@pytest.fixture
def names() -> Mapping[str, str]:
    """The manifest that make setup wrote."""
    manifest: dict[str, str] = json.loads((assets.VENDOR / assets.MANIFEST_NAME).read_bytes())
    return manifest


def test_every_logical_name_leads_to_a_file_named_by_its_hash(names: Mapping[str, str]) -> None:
    assert set(names) == {"govuk-frontend.css", "govuk-frontend.js", "moj-frontend.css"}
    for hashed in names.values():
        digest = hashlib.sha256((assets.VENDOR / hashed).read_bytes()).hexdigest()
        assert digest[: assets.HASH_CHARACTERS] in hashed


def test_a_style_sheet_asks_for_nothing_that_is_not_beside_it(names: Mapping[str, str]) -> None:
    sheets = [assets.VENDOR / hashed for hashed in names.values() if hashed.endswith(".css")]
    asked = [
        address
        for sheet in sheets
        for address in _ADDRESS.findall(sheet.read_text("utf-8"))
        if not address.startswith("data:")
    ]
    assert asked
    assert [address for address in asked if not (assets.VENDOR / address).is_file()] == []


def test_the_reserved_fonts_and_pictures_are_not_taken(names: Mapping[str, str]) -> None:
    taken = {path.suffix for path in assets.VENDOR.iterdir()}
    assert not taken & {".woff", ".woff2", ".ico", ".png"}
    style = (assets.VENDOR / names["govuk-frontend.css"]).read_text("utf-8")
    assert "@font-face" not in style
    assert "GDS Transport" not in style
    assert not [path.name for path in assets.VENDOR.iterdir() if "crest" in path.name]


def test_the_licences_name_every_package() -> None:
    licences = (assets.VENDOR / assets.LICENCES_NAME).read_text("utf-8")
    assert all(package.name in licences for package in assets.PACKAGES)
    assert "Permission is hereby granted" in licences


def test_a_changed_licence_stops_the_build(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    for package in assets.PACKAGES:
        shutil.copytree(assets.MODULES / package.name, modules / package.name)
    described = modules / "govuk-frontend" / "package.json"
    described.write_text(described.read_text("utf-8").replace('"MIT"', '"UNKNOWN"'))
    with pytest.raises(SystemExit, match="UNKNOWN, not MIT"):
        assets.build(modules, tmp_path / "vendor")


def test_building_again_gives_the_same_names(tmp_path: Path, names: Mapping[str, str]) -> None:
    assert assets.build(assets.MODULES, tmp_path / "vendor") == names
