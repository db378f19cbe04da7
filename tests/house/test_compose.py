"""The image and the compose file agree with their schema, with the program and with each other.

No container engine is needed, and none is used: what is checked is that every reference leads
somewhere, so that a wrong name is found here and not in an office.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

import edge.settings
import server.settings
from tests.house import source

COMPOSE = source.ROOT / "docker-compose.yml"
DOCKERFILE = source.ROOT / "Dockerfile"
SERVICES = {"centre": "server", "edge": "edge"}

_ENTRY = re.compile(r'^ENTRYPOINT \["throughcare", "(\w+)"\]$', re.MULTILINE)
_VOLUME = "/var/lib/throughcare"
_PUBLISHED = re.compile(r"127\.0\.0\.1:\d+:(\d+)")

Settings = server.settings.Settings | edge.settings.Settings
ReadSettings = Callable[[Mapping[str, str]], Settings]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as a container engine would read it."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


def test_the_compose_file_obeys_its_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run(
        [*checker, str(COMPOSE)], check=False, capture_output=True, text=True, cwd=source.ROOT
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_describes_a_centre_and_an_edge(compose: dict[str, Any]) -> None:
    commands = {name: service["command"] for name, service in compose["services"].items()}
    assert commands == {name: [package] for name, package in SERVICES.items()}


def test_every_command_is_one_the_program_has(compose: dict[str, Any]) -> None:
    from throughcare.cli import main

    entry = _ENTRY.search(DOCKERFILE.read_text("utf-8"))
    assert entry is not None
    described = CliRunner().invoke(main, [entry[1], "--help"])
    assert described.exit_code == 0, described.output
    for service in compose["services"].values():
        assert service["command"][0] in described.output


@pytest.mark.parametrize(
    ("name", "read_settings"),
    [("centre", server.settings.read_settings), ("edge", edge.settings.read_settings)],
)
def test_a_service_accepts_its_settings(
    compose: dict[str, Any], tmp_path: Path, name: str, read_settings: ReadSettings
) -> None:
    given: dict[str, str] = compose["services"][name]["environment"]
    estate = Path(_on(tmp_path, given["THROUGHCARE_ESTATE"]))
    folder = Path(_on(tmp_path, given["THROUGHCARE_FOLDER"]))
    folder.mkdir(parents=True)
    keys = ("store.key", "signing.key", "box.key")
    for file in (estate, *(folder / name for name in keys)):
        file.touch()
    settings = read_settings({key: _on(tmp_path, value) for key, value in given.items()})
    assert settings.estate == estate
    assert settings.host == "0.0.0.0"
    published = [_PUBLISHED.fullmatch(port) for port in compose["services"][name]["ports"]]
    assert [port and port[1] for port in published] == [str(settings.port)]


def test_the_edge_calls_the_centre_by_a_name_it_answers_to(compose: dict[str, Any]) -> None:
    called = urlsplit(compose["services"]["edge"]["environment"]["THROUGHCARE_HUB_URL"])
    centre = compose["services"]["centre"]["environment"]
    assert called.hostname in compose["services"]
    assert called.hostname in centre["THROUGHCARE_HOSTS"].split(",")
    assert str(called.port) == centre["THROUGHCARE_PORT"]


def test_every_reference_leads_to_something_declared(compose: dict[str, Any]) -> None:
    volumes = set(compose["volumes"])
    secrets = set(compose.get("secrets", {}))
    services = set(compose["services"])
    for service in compose["services"].values():
        assert (source.ROOT / service["build"]).is_dir()
        assert {mount.partition(":")[0] for mount in service["volumes"]} <= volumes
        assert set(service.get("secrets", ())) <= secrets
        assert set(service.get("depends_on", ())) <= services


def test_a_service_is_published_on_this_machine_alone(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["ports"]
        assert all(_PUBLISHED.fullmatch(port) for port in service["ports"])


def test_the_image_copies_only_what_is_there() -> None:
    text = DOCKERFILE.read_text("utf-8")
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE))
    taken = set(re.findall(r"--from=(\w+)", text))
    assert taken
    assert taken <= stages
    locks = re.findall(r"-r (?:/install/)?(\S+\.lock)", text)
    assert locks
    assert all((source.ROOT / lock).is_file() for lock in locks)


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def _on(folder: Path, value: str) -> str:
    """A setting's value, with the volume's place in the container put into a folder here."""
    assert not Path(value).is_absolute() or value.startswith(_VOLUME)
    return value.replace(_VOLUME, str(folder))
