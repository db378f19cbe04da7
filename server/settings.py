"""The settings of the hub: read once at start, checked whole, faults told together."""

from collections.abc import Mapping

from casework.desk.settings import NodeSettings, SettingsReader, read_node


class Settings(NodeSettings, frozen=True, kw_only=True):
    """What the hub is told: nothing beyond what every node is."""


def read_settings(given: Mapping[str, str]) -> Settings:
    """The settings in `given`, usually the environment; BadSettings with every fault."""
    reader = SettingsReader(given)
    settings = Settings(**read_node(reader))
    reader.close()
    return settings
