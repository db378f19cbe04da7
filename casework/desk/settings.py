"""Reads a service's settings from a mapping, once, and tells every fault of them together."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sync_protocol.errors import Refused

PREFIX: Final = "THROUGHCARE_"
PORT_MAX: Final = 65_535
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_SPAN: Final = re.compile(r"([+-]?[0-9]{1,9})([smhd]?)")
_UNIT_MS: Final = {"": 1000, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
SHIFT_MS_MAX: Final = 3_650 * _UNIT_MS["d"]
LOCAL: Final = "127.0.0.1"
LOOPBACK: Final = frozenset({"localhost", LOCAL, "::1"})
MADE_WITH: Final = "Make an estate first: throughcare demo --help"
BOX_KEY_COMES: Final = "A demonstration of an earlier release gets it when it is next started."


def read_span_ms(words: str) -> int | None:
    """A span such as 90 (seconds), 15m, -2h, +30d, in ms; None where it is none."""
    found = _SPAN.fullmatch(words.strip())
    return int(found[1]) * _UNIT_MS[found[2]] if found is not None else None


class BadSettings(Refused):
    """The settings cannot be used."""

    code = "bad_settings"
    hint = "Correct every line named above; then start again."


class SettingsReader:
    """Reads one setting after another and gathers what is wrong with them.

    A reading that fails gives a stand-in, so that the faults of all are found; `close` raises them.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        """Read from `given`, usually the environment."""
        self._given = given
        self._faults: list[str] = []
        self._known: set[str] = set()

    def text(self, name: str, usual: str | None = None, *, hint: str = "") -> str:
        """The setting's text; `usual` where it is not set."""
        self._known.add(PREFIX + name)
        value = self._given.get(PREFIX + name, "").strip()
        if value:
            return value
        if usual is None:
            self._fault(name, "is required", hint)
            return ""
        return usual

    def number(self, name: str, usual: int, *, least: int, most: int, hint: str = "") -> int:
        """A whole number between `least` and `most`."""
        value = self.text(name, str(usual))
        if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
            self._fault(name, f"must be a whole number from {least} to {most}", hint)
            return usual
        return int(value)

    def span_ms(self, name: str, usual: str = "0") -> int:
        """A span of time, back or ahead, in ms: 90 (seconds), 15m, 2h, 30d."""
        span_ms = read_span_ms(self.text(name, usual))
        if span_ms is None or abs(span_ms) > SHIFT_MS_MAX:
            self._fault(name, "must be a span of at most ten years", "Such as 90, 15m, 2h or 30d.")
            return 0
        return span_ms

    def file(self, name: str, usual: Path | None = None, *, hint: str = "") -> Path:
        """A file that is there and can be read."""
        path = Path(self.text(name, str(usual) if usual is not None else None, hint=hint))
        if str(path) != "." and not _is_there(path.is_file):
            self._fault(name, f"names {path}, which is not a file", hint)
        return path

    def folder(self, name: str, usual: Path | None = None, *, hint: str = "") -> Path:
        """A folder that is there."""
        path = Path(self.text(name, str(usual) if usual is not None else None, hint=hint))
        if str(path) != "." and not _is_there(path.is_dir):
            self._fault(name, f"names {path}, which is not a folder", hint)
        return path

    def path(self, name: str, usual: Path) -> Path:
        """A path that need not be there yet."""
        return Path(self.text(name, str(usual)))

    def words(self, name: str) -> frozenset[str]:
        """The words of a list divided by commas; none where it is not set."""
        return frozenset(one.strip() for one in self.text(name, "").split(",") if one.strip())

    def fault(self, name: str, words: str, hint: str = "") -> None:
        """Note a fault that the caller found."""
        self._fault(name, words, hint)

    def close(self) -> None:
        """Raise BadSettings with every fault; a setting that nobody reads is one: a slip."""
        unread = sorted(n for n in self._given if n.startswith(PREFIX) and n not in self._known)
        strangers = [f"{name} is not a setting of this service" for name in unread]
        if self._faults or strangers:
            raise BadSettings("\n".join([*self._faults, *strangers]))

    def _fault(self, name: str, words: str, hint: str) -> None:
        self._faults.append(f"{PREFIX}{name} {words}." + (f" {hint}" if hint else ""))


def _is_there(look: Callable[[], bool]) -> bool:
    """Whether a file is there; what the system takes for no name at all is not."""
    try:
        return look()
    except (OSError, ValueError):
        return False


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every node is told; each is the environment variable THROUGHCARE_ and its name.

    `folder` (FOLDER) holds the store, its keys and its backups, unless STORE, STORE_KEY_FILE,
    SIGNING_KEY_FILE, BOX_KEY_FILE and BACKUP_DIR say otherwise. `node` (NODE) is the node's code in
    the estate file (ESTATE), the folder's name where it is not set. `port` 0 is that of the estate
    file. `clock_shift_ms` (CLOCK_SHIFT) is how far ahead of the machine's its clock runs, in a
    demonstration or a test alone.
    """

    estate: Path
    folder: Path
    node: str
    store: Path
    store_key_file: Path
    signing_key_file: Path
    box_key_file: Path
    backup_dir: Path
    backup_every_minutes: int
    backups_kept: int
    host: str
    port: int
    hosts: frozenset[str]
    tls_cert_file: Path | None
    tls_key_file: Path | None
    shutdown_s: int
    clock_shift_ms: int = 0

    @property
    def is_tls(self) -> bool:
        """Whether the node itself speaks TLS."""
        return self.tls_cert_file is not None


def read_node(reader: SettingsReader) -> dict[str, Any]:
    """What every node is told, by the names of NodeSettings; faults stay with the reader."""
    folder = reader.folder("FOLDER", hint=MADE_WITH)
    has_tls = bool(reader.text("TLS_CERT_FILE", "") or reader.text("TLS_KEY_FILE", ""))
    return {
        "estate": reader.file("ESTATE", hint=MADE_WITH),
        "folder": folder,
        "node": reader.text("NODE", folder.name or "?"),
        "store": reader.path("STORE", folder / "store.db"),
        "store_key_file": reader.file("STORE_KEY_FILE", folder / "store.key"),
        "signing_key_file": reader.file("SIGNING_KEY_FILE", folder / "signing.key"),
        "box_key_file": reader.file("BOX_KEY_FILE", folder / "box.key", hint=BOX_KEY_COMES),
        "backup_dir": reader.path("BACKUP_DIR", folder / "backups"),
        "backup_every_minutes": reader.number("BACKUP_EVERY_MINUTES", 15, least=1, most=1440),
        "backups_kept": reader.number("BACKUPS_KEPT", 96, least=1, most=1000),
        "host": reader.text("HOST", LOCAL),
        "port": reader.number("PORT", 0, least=0, most=PORT_MAX),
        "hosts": reader.words("HOSTS"),
        "tls_cert_file": reader.file("TLS_CERT_FILE") if has_tls else None,
        "tls_key_file": reader.file("TLS_KEY_FILE") if has_tls else None,
        "shutdown_s": reader.number("SHUTDOWN_S", 5, least=1, most=60),
        "clock_shift_ms": reader.span_ms("CLOCK_SHIFT"),
    }
