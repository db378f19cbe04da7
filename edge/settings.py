"""The settings of an office's node: read once at start, checked whole, faults told together."""

from collections.abc import Mapping
from pathlib import Path

from casework.desk.settings import LOOPBACK, NodeSettings, SettingsReader, read_node
from casework.desk.sign_in_settings import SignInSettings, read_sign_in


class Settings(NodeSettings, frozen=True, kw_only=True):
    """What an office's node is told."""

    hub_url: str | None
    """Where to call the hub (HUB_URL); the address in the estate file where it is not set."""
    authority_file: Path | None = None
    """The certificate (AUTHORITY_FILE) of whoever signs the hub's, where it speaks TLS."""
    sign_in: SignInSettings = SignInSettings()
    """What is offered beside the password."""


def read_settings(given: Mapping[str, str]) -> Settings:
    """The settings in `given`, usually the environment; BadSettings with every fault."""
    reader = SettingsReader(given)
    has_authority = bool(reader.text("AUTHORITY_FILE", ""))
    node = read_node(reader)
    settings = Settings(
        **node,
        sign_in=read_sign_in(reader, LOOPBACK | node["hosts"]),
        hub_url=reader.text("HUB_URL", "") or None,
        authority_file=reader.file("AUTHORITY_FILE") if has_authority else None,
    )
    reader.close()
    return settings
