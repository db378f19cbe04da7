"""The commands of a courier: write a file that is carried by hand, and take one in.

An office without a line exports a file for the centre; the centre takes it in and exports one for
the office. Both may be done while the node runs. Every file that is written or taken in leaves a
line in the audit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from sync_protocol.errors import Refused, UnknownNode
from sync_protocol.ids import NO_ACTOR, NodeId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.courier import (
    Packed,
    answer_by_courier,
    ask_by_courier,
    take_answer,
    take_requests,
)
from sync_protocol.io.courier_file import NoCourierFile, OtherReceiver, read_opening
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import SystemClock
from sync_protocol.limits import COURIER_BYTES_MAX
from throughcare.estate import Estate, EstateNode, write_private
from throughcare.faults import out, told
from throughcare.store_commands import Target, find_target, which_node
from throughcare.stores import boxes_of, check_not_lost, duties_of, open_store

ENDING: Final = ".courier"


class CannotWrite(Refused):
    """The courier file cannot be written there."""

    code = "cannot_write"
    hint = "Name another place with --to: a folder, or a file that is not there yet."


class CannotRead(Refused):
    """The courier file cannot be read."""

    code = "cannot_read"
    hint = "Look whether the stick is whole, or copy the file to another place first."


class NotForItself(Refused):
    """A courier goes between an office and the centre."""

    code = "not_for_itself"
    hint = "At the centre name an office with --for, such as --for LEI; an office names nobody."


@click.group("courier")
def courier_group() -> None:
    """Carry changes by hand, in a sealed file, where there is no line."""


@courier_group.command("export")
@click.option("--for", "receiver", help="At the centre: the office whose file is to be answered.")
@click.option(
    "--to", "place", type=click.Path(path_type=Path), default=Path(), help="A folder or a new file."
)
@which_node
@told
def export_command(
    *,
    receiver: str | None,
    place: Path,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """Write a file: an office's for the centre, or the centre's answer for an office.

    It goes into the present folder where --to names none, and only its receiver opens it.
    """
    target = find_target(folder, code, settings)
    estate = target.estate
    reader = _reader(estate, target.node, receiver)
    file = _new_file(place, f"{target.node.code}-to-{reader.code}")
    with _opened(target, estate) as store:
        packed = _packed(store, estate, reader)
        detail = f"{reader.id} {len(packed.raw)}"
        store.witness([AuditLine(actor=NO_ACTOR, act="courier_written", detail=detail)])
    try:
        write_private(file, packed.raw)
    except OSError as fault:
        raise CannotWrite(f"{file}: {fault.strerror}.") from fault
    out.print(f"Wrote {file}: {_changes(packed.ops)}, {len(packed.raw)} bytes.", soft_wrap=True)
    if packed.is_more:
        out.print("More waits than one file may hold: export again once this one is answered.")
    told_there = f"throughcare courier import {file.name}"
    out.print(f"Only {reader.code} opens it. There: {told_there}", soft_wrap=True)


@courier_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@which_node
@told
def import_command(
    *, file: Path, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Take in a file that was written for this node."""
    target = find_target(folder, code, settings)
    estate = target.estate
    raw = _read(file)
    sender = _sender(estate, target.node, raw)
    with _opened(target, estate) as store:
        detail = f"{sender.id} {len(raw)}"
        store.witness([AuditLine(actor=NO_ACTOR, act="courier_read", detail=detail)])
        if target.node == estate.hub:
            _take_in(store, estate, sender, raw)
        else:
            _take_in_answer(store, estate, raw)


def _take_in(store: OpStore, estate: Estate, sender: EstateNode, raw: bytes) -> None:
    keys = {node.node_id: node.key for node in estate.spokes}
    taken = take_requests(store, keys.get, estate.hub.key, raw)
    if taken.is_restored:
        out.print(
            f"Nothing could be taken in: the centre was restored since {sender.code} last heard "
            f"from it. The answer tells {sender.code} so, and its next file has everything.",
            soft_wrap=True,
        )
    else:
        out.print(f"Taken in: {_changes(taken.ops)} from {sender.code}.")
    out.print(f"Answer it: throughcare courier export --for {sender.code}")


def _take_in_answer(store: OpStore, estate: Estate, raw: bytes) -> None:
    came = take_answer(store, estate.hub.node_id, estate.hub.key, raw)
    out.print(
        f"Taken in: {_changes(came.new_ops)} from elsewhere; {came.acknowledged} of this office's "
        f"own confirmed by the centre; {came.entered} files of people came or left.",
        soft_wrap=True,
    )
    if came.asks_again:
        out.print("There is more to ask: throughcare courier export")


def _packed(store: OpStore, estate: Estate, reader: EstateNode) -> Packed:
    if reader == estate.hub:
        return ask_by_courier(store, reader.node_id)
    return answer_by_courier(store, reader.node_id)


@contextmanager
def _opened(target: Target, estate: Estate) -> Iterator[OpStore]:
    """The store as the node itself opens it, with its boxes and its duties."""
    check_not_lost(target.paths, target.settings.backup_dir)
    node = target.node
    boxes = boxes_of(estate, node, target.settings.box_key_file)
    duties = duties_of(estate, target.clock) if node == estate.hub else None
    store = open_store(target.paths, node, duties, boxes=boxes, clock=target.clock)
    try:
        yield store
    finally:
        store.close()


def _reader(estate: Estate, own: EstateNode, receiver: str | None) -> EstateNode:
    """For whom a file of `own` is."""
    if own != estate.hub and receiver is None:
        return estate.hub
    if receiver is None:
        raise NotForItself("--for is missing.")
    reader = estate.node(receiver)
    if (own == estate.hub) == (reader == estate.hub):
        raise NotForItself(f"From {own.code} to {reader.code}.")
    return reader


def _sender(estate: Estate, own: EstateNode, raw: bytes) -> EstateNode:
    """Who wrote a file, as it says; raises where it is not for `own`, or no courier goes that way.

    The codes are looked up here, since the file and its errors know ids alone.
    """
    opening = read_opening(raw)
    if opening.receiver != own.node_id:
        raise OtherReceiver(f"It is for {_code(estate, opening.receiver)}, and this is {own.code}.")
    sender = _known(estate, opening.sender)
    if sender is None:
        raise UnknownNode(opening.sender.hex())
    if (own == estate.hub) == (sender == estate.hub):
        raise NotForItself(f"From {sender.code} to {own.code}.")
    return sender


def _code(estate: Estate, node: NodeId) -> str:
    known = _known(estate, node)
    return f"node {node.hex()}, which this estate does not know" if known is None else known.code


def _known(estate: Estate, node: NodeId) -> EstateNode | None:
    return next((one for one in estate.nodes if one.node_id == node), None)


def _new_file(place: Path, name: str) -> Path:
    """The file to write: what `place` names, or one of our name in that folder."""
    if place.is_dir():
        now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
        place /= f"{name}-{now:%Y%m%d-%H%M%S}{ENDING}"
    if place.exists():
        raise CannotWrite(f"{place} is there already.")
    if not place.parent.is_dir():
        raise CannotWrite(f"There is no folder {place.parent}.")
    return place


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > COURIER_BYTES_MAX:
            raise NoCourierFile(f"It is over {COURIER_BYTES_MAX} bytes.")
        return file.read_bytes()
    except OSError as fault:
        raise CannotRead(f"{file}: {fault.strerror}.") from fault


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"
