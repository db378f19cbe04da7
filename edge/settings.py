"""The settings of an office's node: read once at start, checked whole, faults told together."""

from collections.abc import Mapping

from casework.desk.settings import NodeSettings, SettingsReader, read_node


class Settings(NodeSettings, frozen=True, kw_only=True):
    """What an office's node is told."""

    hub_url: str | None
    """Where to call the hub (HUB_URL); the address in the estate file where it is not set."""


def read_settings(given: Mapping[str, str]) -> Settings:
    """The settings in `given`, usually the environment; BadSettings with every fault."""
    reader = SettingsReader(given)
    settings = Settings(**read_node(reader), hub_url=reader.text("HUB_URL", "") or None)
    reader.close()
    return settings
