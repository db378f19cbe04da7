"""The kinds and the code lists: what every record may hold, for programs that fill it in."""

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery

from casework.desk import kinds
from casework.web.api.answers import GivenCaller, GivenDesk


class Kinds(msgspec.Struct, frozen=True):
    """Every kind of record."""

    kinds: tuple[kinds.KindView, ...]


class Codes(msgspec.Struct, frozen=True):
    """The codes of a list."""

    list: str
    codes: tuple[kinds.CodeView, ...]


@get("/kinds", sync_to_thread=True)
def read_kinds(desk: GivenDesk, caller: GivenCaller) -> Kinds:
    """Every kind with its fields: type, policy and why, writers, class, list, and an example."""
    del caller
    return Kinds(kinds.kind_views(desk.registry))


@get("/kinds/{kind:str}", sync_to_thread=True)
def read_kind(kind: FromPath[str], desk: GivenDesk, caller: GivenCaller) -> kinds.KindView:
    """One kind."""
    del caller
    return kinds.kind_view(desk.registry.known(kind))


@get("/lists/{name:str}", sync_to_thread=True)
def read_list(name: FromPath[str], caller: GivenCaller, group: FromQuery[str] = "") -> Codes:
    """The codes of a list; with `group` those of one group that may be entered, by code alone."""
    del caller
    return Codes(name, kinds.list_view(name, group))
