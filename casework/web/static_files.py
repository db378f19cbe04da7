"""The few files a page needs, each served under a name that carries its hash.

A hashed name may be kept by the browser for ever, so a terminal on a slow line fetches each file
once a release. Everything is read once at start and served from memory: no path from a request
ever reaches the disk.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, SkipValidation

STATIC: Final = Path(__file__).resolve().parent / "static"
HASH_CHARACTERS: Final = 12
KEPT_FOR_S: Final = 365 * 24 * 3600
KINDS: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class StaticFile(msgspec.Struct, frozen=True):
    """One file as it is sent: its content, the same gzipped, and its media type."""

    content: bytes
    gzipped: bytes
    media_type: str


class StaticFiles(msgspec.Struct, frozen=True):
    """Every file of ours and of the vendors, by hashed name, and the logical names of templates."""

    files: Mapping[str, StaticFile]
    names: Mapping[str, str]

    def address(self, logical: str) -> str:
        """The address of a file by its logical name; a name that is not there is our mistake."""
        return f"/static/{self.names[logical]}"


def read_static_files(folder: Path = STATIC) -> StaticFiles:
    """Reads the folder and its vendor folder; says what to run where the vendors' are missing."""
    manifest = folder / "vendor" / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"{manifest} is missing: run make setup.")
    names: dict[str, str] = json.loads(manifest.read_bytes())
    files = {path.name: _read(path) for path in (folder / "vendor").iterdir() if _is_served(path)}
    for path in folder.iterdir():
        if _is_served(path):
            file = _read(path)
            digest = hashlib.sha256(file.content).hexdigest()[:HASH_CHARACTERS]
            names[path.name] = f"{path.stem}-{digest}{path.suffix}"
            files[names[path.name]] = file
    return StaticFiles(files, names)


def _is_served(path: Path) -> bool:
    return path.is_file() and path.suffix in KINDS


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, gzip.compress(content, mtime=0), KINDS[path.suffix])


@get("/static/{name:str}", sync_to_thread=False, opt={"public": True})
def static_file(
    name: FromPath[str],
    request: Request[Any, Any, Any],
    static: NamedDependency[SkipValidation[StaticFiles]],
) -> Response[bytes]:
    """The file of this hashed name, to be kept for a year."""
    file = static.files.get(name)
    if file is None:
        raise NotFoundException
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "cache-control": f"public, max-age={KEPT_FOR_S}, immutable",
        "vary": "accept-encoding",
    }
    if takes_gzip:
        headers["content-encoding"] = "gzip"
    return Response(
        file.gzipped if takes_gzip else file.content, media_type=file.media_type, headers=headers
    )
