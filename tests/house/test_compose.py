"""The image and the compose file agree with their schema, with the program and with each other.

No container engine is needed, and none is used: what is checked is that every reference leads
somewhere, so that a wrong name is found here and not in an office.
"""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.house import source

COMPOSE = source.ROOT / "docker-compose.yml"
DOCKERFILE = source.ROOT / "Dockerfile"
SERVICES = {"centre": "server", "edge": "edge"}

_ENTRY = re.compile(r'^ENTRYPOINT \["throughcare", "(\w+)"\]$', re.MULTILINE)
_PREFIX = "THROUGHCARE_"
_PUBLISHED = re.compile(r"127\.0\.0\.1:\d+:(\d+)")


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
    described = subprocess.run(
        [sys.executable, "-m", "throughcare", entry[1], "--help"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert entry[1] in main.commands
    for service in compose["services"].values():
        assert service["command"][0] in described


@pytest.mark.parametrize(("name", "package"), SERVICES.items())
def test_every_setting_is_one_the_service_reads(
    compose: dict[str, Any], name: str, package: str
) -> None:
    reader = (source.ROOT / package / "settings.py").read_text("utf-8")
    given = compose["services"][name]["environment"]
    assert given
    assert all(variable.startswith(_PREFIX) for variable in given)
    unread = [variable for variable in given if variable.removeprefix(_PREFIX) not in reader]
    assert not unread, f"{package}/settings.py does not read {unread}"


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
