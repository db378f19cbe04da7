"""The settings of an office's node: read once at start, checked whole, faults told together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from casework.desk.settings import PORT_MAX, SettingsReader

LOCAL: Final = "127.0.0.1"
MADE_WITH: Final = "Make an estate first: throughcare demo --help"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an office's node is told; each is the environment variable THROUGHCARE_ and its name.

    `folder` (FOLDER) holds the store, its keys and its backups, unless STORE, STORE_KEY_FILE,
    SIGNING_KEY_FILE and BACKUP_DIR say otherwise. `node` (NODE) is the node's code in the estate
    file (ESTATE), the folder's name where it is not set. `port` 0 is that of the estate file.
    """

    estate: Path
    folder: Path
    node: str
    store: Path
    store_key_file: Path
    signing_key_file: Path
    backup_dir: Path
    backup_every_minutes: int
    backups_kept: int
    host: str
    port: int
    hosts: frozenset[str]
    tls_cert_file: Path | None
    tls_key_file: Path | None
    shutdown_s: int
    hub_url: str | None
    """Where to call the hub (HUB_URL); the address in the estate file where it is not set."""

    @property
    def is_tls(self) -> bool:
        """Whether the node itself speaks TLS."""
        return self.tls_cert_file is not None


def read_settings(given: Mapping[str, str]) -> Settings:
    """The settings in `given`, usually the environment; BadSettings with every fault."""
    reader = SettingsReader(given)
    folder = reader.folder("FOLDER", hint=MADE_WITH)
    has_tls = bool(reader.text("TLS_CERT_FILE", "") or reader.text("TLS_KEY_FILE", ""))
    settings = Settings(
        estate=reader.file("ESTATE", hint=MADE_WITH),
        folder=folder,
        node=reader.text("NODE", folder.name or "?"),
        store=reader.path("STORE", folder / "store.db"),
        store_key_file=reader.file("STORE_KEY_FILE", folder / "store.key"),
        signing_key_file=reader.file("SIGNING_KEY_FILE", folder / "signing.key"),
        backup_dir=reader.path("BACKUP_DIR", folder / "backups"),
        backup_every_minutes=reader.number("BACKUP_EVERY_MINUTES", 60, least=1, most=1440),
        backups_kept=reader.number("BACKUPS_KEPT", 24, least=1, most=1000),
        host=reader.text("HOST", LOCAL),
        port=reader.number("PORT", 0, least=0, most=PORT_MAX),
        hosts=reader.words("HOSTS"),
        tls_cert_file=reader.file("TLS_CERT_FILE") if has_tls else None,
        tls_key_file=reader.file("TLS_KEY_FILE") if has_tls else None,
        shutdown_s=reader.number("SHUTDOWN_S", 5, least=1, most=60),
        hub_url=reader.text("HUB_URL", "") or None,
    )
    reader.close()
    return settings
