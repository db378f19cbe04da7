"""The command `throughcare signing-key rotate`: a node signs with another key from its next start.

The change is signed by both keys and proves itself: the estate file goes on naming the first key,
and every other node hears of the new one with the next message.
"""

from pathlib import Path

import click

from sync_protocol.io.key_ring import rotate_signer
from throughcare.faults import out, told
from throughcare.holding import held
from throughcare.store_commands import find_target, which_node


@click.group("signing-key")
def signing_key_group() -> None:
    """Change the key that a node signs with."""


@signing_key_group.command("rotate")
@which_node
@told
def signing_key_rotate_command(
    *, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Have a node sign with a new key from its next start on; stop it first.

    What it had signed before stays good. Nothing else is to be changed anywhere.
    """
    target = find_target(folder, code, settings)
    with held(target.settings.store.parent):
        change = rotate_signer(target.settings.signing_key_file, target.node.node_id)
    out.print(f"{target.node.code} signs with {change.key.hex()} from its next start on.")
