"""Puts a node together from its settings: keys, store, line, desk, pages and app; and serves it.

Nothing is looked up anywhere else. What cannot be used is refused before a port is opened, with
every fault told at once.
"""

import ctypes
import errno
import gc
import os
import resource
import socket
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn
from litestar import Litestar

import edge.app
import edge.settings
import server.app
import server.settings
from casework.access.accounts import Accounts
from casework.access.posts import Posts
from casework.access.sessions import Sessions
from casework.desk import desk as desks
from casework.desk.backups import Keeping
from casework.desk.due import DueTable, Job
from casework.desk.entrance import Entrance
from casework.desk.schedule import Schedule
from casework.records import REGISTRY
from casework.web.wiring import LOCAL_HOSTS, WebParts
from edge.jobs import edge_jobs
from edge.services.audit_line import AuditKeeper
from edge.services.line import LineKeeper
from server.jobs import hub_jobs
from sync_protocol.errors import Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.audit_exchange import AUDIT_PATH, AuditSender
from sync_protocol.io.http_peer import HttpPeer
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.sync_driver import SyncDriver
from sync_protocol.io.system_clock import system_chance
from throughcare.centre import open_authority, open_joining
from throughcare.certificates import (
    OwnCertificate,
    line_trust,
    office_renewing,
    open_door,
    with_own_files,
)
from throughcare.clocks import clock_of, read_lines
from throughcare.estate import Estate, EstateNode, read_estate
from throughcare.holding import hold
from throughcare.line_proxy import PortTaken
from throughcare.log_lines import settle_log
from throughcare.patient_http import PatientHttp
from throughcare.roster import Roster
from throughcare.sqlite_gate import check_sqlite
from throughcare.stores import (
    RELEASE,
    HubDuties,
    StorePaths,
    boxes_of,
    check_not_lost,
    duties_of,
    open_accounts,
    open_posts,
    open_store,
)
from throughcare.tls import OpenDoor
from throughcare.ways import online_from, passkeys_from

Settings = edge.settings.Settings | server.settings.Settings
BACKLOG: Final = 256
SHUTDOWN_S: Final = 3
COLLECT_AFTER: Final = 50_000
ALLOCATOR: Final = {-8: 2, -3: 1 << 20}
"""Two arenas; blocks from 1 MB on go back to the system when they are let go of. The numbers are
those of the GNU C library; another library says no."""
KEEP_ALIVE_S: Final = 75
"""Longer than an office keeps a connection, so that it never sends on one that was just closed."""
SWITCH_S: Final = 0.001


class BadAddress(Refused):
    """The node cannot listen at the address that its settings name."""

    code = "bad_address"
    hint = "Set THROUGHCARE_HOST to an address of this machine, and THROUGHCARE_PORT above 1023."


class Built(msgspec.Struct, frozen=True):
    """A node ready to serve, and what must be let go of afterwards."""

    app: Litestar
    store: OpStore
    host: str
    port: int
    settings: Settings
    holding: int
    """What keeps every other program from the node's folder until it is closed."""
    door: OpenDoor | None = None
    """The certificate that it answers with."""


class _Bench(msgspec.Struct, frozen=True):
    """What both services are made of."""

    settings: Settings
    estate: Estate
    node: EstateNode
    store: OpStore
    accounts: Accounts
    sessions: Sessions
    posts: Posts
    holding: int
    roster: Roster


def build_hub(given: Mapping[str, str]) -> Built:
    """The hub of these settings. Raises BadSettings, BadEstate, MissingKey, WrongKey and alike,
    and NodeRuns where it is served already.
    """
    check_sqlite()
    settings = server.settings.read_settings(given)
    found = read_estate(settings.estate)
    settings = with_own_files(settings, found)
    clock, roster = clock_of(found, settings.clock_shift_ms), Roster(found)
    bench = _open(settings, found, found.hub, duties_of(found, clock, roster), roster)
    authority = open_authority(settings.folder, found, clock.now_ms())
    own = OwnCertificate(authority, found.hub, settings)
    own.make(clock.now_ms())
    door = open_door(settings, found)
    joining = open_joining(bench.store, found, authority, roster, settings.estate)
    desk = _desk(bench, None)
    jobs = hub_jobs(
        _keeping(bench),
        desk,
        backup_every_minutes=settings.backup_every_minutes,
        renew=own.renewing(door, clock),
    )
    web = _web_parts(bench, desk, jobs)
    app = server.app.build_app(server.app.HubParts(web=web, joining=joining))
    return _built(bench, app, door)


def build_edge(given: Mapping[str, str]) -> Built:
    """The office's node of these settings, with its line to the hub; raises as `build_hub`."""
    check_sqlite()
    settings = edge.settings.read_settings(given)
    found = read_estate(settings.estate)
    node, clock = found.node(settings.node), clock_of(found, settings.clock_shift_ms)
    roster, door = Roster(found), open_door(settings, found)
    trusted, url = line_trust(settings, found), settings.hub_url or found.hub.url
    bench = _open(settings, found, node, None, roster)
    peer = HttpPeer(url, verify=trusted)
    driver = SyncDriver(bench.store, peer, found.hub.node_id, found.hub.key)
    sender = AuditSender(bench.store, found.hub.node_id, found.hub.key)
    audit_peer = HttpPeer(url, verify=trusted, path=AUDIT_PATH)
    desk = _desk(bench, driver.status)
    renewing = office_renewing(settings, node, roster, door)
    signer = bench.store.core.parts.signer
    jobs = edge_jobs(
        _keeping(bench),
        desk,
        sender,
        backup_every_minutes=settings.backup_every_minutes,
        heard=bench.posts.heard,
        renew=renewing(signer, clock) if renewing is not None else None,
    )
    parts = edge.app.EdgeParts(
        web=_web_parts(bench, desk, jobs),
        line=LineKeeper(driver),
        audit=AuditKeeper(sender, audit_peer, driver),
    )
    return _built(bench, edge.app.build_app(parts), door)


class _Server(uvicorn.Server):
    """Lets go of held requests first, so that stopping waits for none of them."""

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        let_go = self._app.state.get(server.app.LET_GO)
        if let_go is not None:
            let_go()
        await super().shutdown(sockets)


def serve(built: Built) -> None:
    """Serves until it is told to stop; raises PortTaken where somebody else listens there."""
    listening = _listen(built.host, built.port)
    settings = built.settings
    settle_log()
    # What falls leaves no image of its memory: keys and records are in it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _settle_interpreter(is_hub=built.store.core.parts.is_hub)
    config = http_config(
        built.app,
        # A held exchange would keep a node from ever stopping.
        timeout_graceful_shutdown=min(SHUTDOWN_S, settings.shutdown_s),
        ssl_context_factory=_context_of(built.door) if built.door is not None else None,
    )
    try:
        _Server(config, built.app).run(sockets=[listening])
    finally:
        built.store.close()
        os.close(built.holding)


def http_config(app: Litestar, **chosen: Any) -> uvicorn.Config:
    """How a node's app is served, with what the settings choose besides."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=PatientHttp,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        # A forwarded address is what its sender says; the audit names who really called.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        **chosen,
    )


def _context_of(door: OpenDoor) -> Callable[..., ssl.SSLContext]:
    def context(*_given: object) -> ssl.SSLContext:
        return door.context

    return context


def _settle_interpreter(*, is_hub: bool) -> None:
    """Suits Python to a node: it takes in thousands of ops at once while pages are asked for.

    A batch makes a million objects and no cycle, and looking for cycles among them every few
    hundred was a fifth of the time; what was built at the start is never looked through again. A
    thread that waits for its turn gets it after a millisecond, not after five. Memory goes back to
    the system: else every thread keeps what one page needed, and a sign-in its 19 MB, on a small
    box.
    """
    gc.collect()
    gc.freeze()
    if is_hub:
        gc.set_threshold(COLLECT_AFTER, 20, 100)
    sys.setswitchinterval(SWITCH_S)
    with suppress(OSError, AttributeError):
        for setting, value in ALLOCATOR.items():
            ctypes.CDLL(None).mallopt(setting, value)


def read_environment(file: Path | None) -> dict[str, str]:
    """The environment, with the lines NAME=VALUE of a settings file over it."""
    given = dict(os.environ)
    if file is not None:
        for line in read_lines(file):
            name, is_set, value = line.partition("=")
            if is_set and not line.startswith("#"):
                given[name.strip()] = value.strip()
    return given


def _open(
    settings: Settings,
    estate: Estate,
    node: EstateNode,
    duties: HubDuties | None,
    roster: Roster,
) -> _Bench:
    paths = StorePaths(settings.store, settings.store_key_file, settings.signing_key_file)
    check_not_lost(paths, settings.backup_dir)
    settings.store.parent.mkdir(parents=True, exist_ok=True)
    boxes = boxes_of(estate, node, settings.box_key_file, roster)
    clock = clock_of(estate, settings.clock_shift_ms)
    # Before the store is opened: that alone may change it, and somebody may be restoring it.
    holding = hold(settings.store.parent)
    try:
        store = open_store(paths, node, duties, boxes=boxes, clock=clock)
        posts = open_posts(store, estate, node)
        accounts = open_accounts(store, paths, posts)
    except BaseException:
        os.close(holding)
        raise
    sessions = Sessions(store, clock.now_ms, system_chance, posts)
    return _Bench(settings, estate, node, store, accounts, sessions, posts, holding, roster)


def _desk(bench: _Bench, line: Callable[[], desks.LineStatus] | None) -> desks.Desk:
    nodes = bench.roster.mapping(_nodes_of)
    return desks.Desk(
        store=bench.store,
        registry=REGISTRY,
        node=nodes[bench.node.node_id],
        nodes=nodes,
        staff_name=bench.accounts.display_name,
        now_ms=bench.store.core.parts.clock.now_ms,
        chance=system_chance,
        line=line,
    )


def _nodes_of(estate: Estate) -> dict[NodeId, desks.EstateNode]:
    return {node.node_id: _known(node) for node in estate.nodes}


def _known(node: EstateNode) -> desks.EstateNode:
    place = desks.Place(node.place.kind, node.place.code, node.name)
    return desks.EstateNode(node.node_id, node.name, place)


def _web_parts(bench: _Bench, desk: desks.Desk, jobs: Sequence[Job]) -> WebParts:
    settings = bench.settings
    schedule = Schedule(DueTable(bench.store, desk.now_ms), jobs)
    return WebParts(
        entrance=Entrance(
            desk,
            bench.accounts,
            bench.sessions,
            online=online_from(settings.sign_in, bench.store),
            passkeys=passkeys_from(settings.sign_in, bench.store, bench.node.name),
        ),
        store_folder=settings.store.parent,
        release=RELEASE,
        hosts=LOCAL_HOSTS | settings.hosts,
        is_tls=settings.is_tls,
        on_startup=(schedule.start,),
        on_shutdown=(schedule.stop,),
    )


def _keeping(bench: _Bench) -> Keeping:
    settings = bench.settings
    return Keeping(
        store=bench.store,
        key=load_key(settings.store_key_file),
        folder=settings.backup_dir,
        clock=bench.store.core.parts.clock,
        kept=settings.backups_kept,
        store_file=settings.store,
    )


def _built(bench: _Bench, app: Litestar, door: OpenDoor | None) -> Built:
    settings = bench.settings
    port = settings.port or bench.node.port
    return Built(app, bench.store, settings.host, port, settings, bench.holding, door)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        if fault.errno != errno.EADDRINUSE:
            raise BadAddress(f"{host}, port {port}: {fault.strerror}.") from fault
        raise PortTaken(f"Port {port} is in use.") from fault
    listening.listen(BACKLOG)
    return listening
