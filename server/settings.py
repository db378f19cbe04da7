"""The settings of the hub: read once at start, checked whole, faults told together."""

from collections.abc import Mapping

from casework.desk.settings import LOOPBACK, NodeSettings, SettingsReader, read_node
from casework.desk.sign_in_settings import SignInSettings, read_sign_in


class Settings(NodeSettings, frozen=True, kw_only=True):
    """What the hub is told."""

    sign_in: SignInSettings = SignInSettings()
    """What is offered beside the password."""


def read_settings(given: Mapping[str, str]) -> Settings:
    """The settings in `given`, usually the environment; BadSettings with every fault."""
    reader = SettingsReader(given)
    node = read_node(reader)
    sign_in = read_sign_in(reader, LOOPBACK | node["hosts"])
    settings = Settings(**node, sign_in=sign_in)
    reader.close()
    return settings
