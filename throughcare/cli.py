"""The command line. Each command says in a sentence what went wrong and what to do about it.

Exit codes: 0 well, 1 refused or faults found, 2 not understood, 3 not now, 4 the store contradicts
itself.
"""

import json
from pathlib import Path
from typing import Any

import click

from casework.records import WHOLE_REGISTRY
from sync_protocol.errors import Refused, Unavailable
from throughcare.audit_commands import audit_group
from throughcare.compose import build_edge, build_hub, read_environment, serve
from throughcare.courier import courier_group
from throughcare.demo_commands import demo_group
from throughcare.faults import EXIT_REFUSED, out, told
from throughcare.node_commands import node_group
from throughcare.records_page import PAGE, write_page
from throughcare.recovery_commands import recovery_group
from throughcare.repair_command import repair_command
from throughcare.signing_key_commands import signing_key_group
from throughcare.simulate_command import simulate_command
from throughcare.staff_commands import staff_group
from throughcare.store_commands import (
    backup_command,
    restore_command,
    verify_command,
)
from throughcare.synthetic_commands import estate_group

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")


class NoBench(Unavailable):
    """The bench is not part of this installation."""

    code = "no_bench"
    hint = "Run it from a checkout of the source: .venv/bin/throughcare bench"


@click.group(context_settings={"max_content_width": 100})
@click.version_option(package_name="throughcare")
def main() -> None:
    """Keeps one offender record for prisons and probation that works when the network does not."""


for one in (
    demo_group,
    verify_command,
    audit_group,
    repair_command,
    backup_command,
    restore_command,
    recovery_group,
    courier_group,
    staff_group,
    node_group,
    signing_key_group,
    estate_group,
    simulate_command,
):
    main.add_command(one)


@main.command("serve")
@click.argument("role", type=click.Choice(["server", "edge"]))
@click.option(
    "--settings",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of NAME=VALUE lines; each counts before the environment.",
)
@told
def serve_command(role: str, settings: Path | None) -> None:
    """Serve the centre ("server") or an office's node ("edge") until told to stop."""
    given = read_environment(settings)
    serve(build_hub(given) if role == "server" else build_edge(given))


@main.command("bench")
@click.argument("names", nargs=-1)
@click.option("--people", type=click.IntRange(1), default=None, help="Size of the caseload.")
@click.option("--rounds", type=click.IntRange(1), default=None, help="How often each is measured.")
@_json
@told
def bench_command(
    names: tuple[str, ...], people: int | None, rounds: int | None, *, as_json: bool
) -> None:
    """Measure this and its peers in turn; without a NAME, all there is."""
    try:
        # Imported here: the bench is in a checkout alone, and everything else runs without it.
        from bench import measures, run  # noqa: PLC0415
    except ModuleNotFoundError as fault:
        raise NoBench(str(fault.name)) from fault
    try:
        measures.check_names(names)
    except Refused as fault:
        raise click.UsageError(str(fault)) from fault
    sizes: dict[str, Any] = {"people": people or run.PEOPLE, "rounds": rounds or run.ROUNDS}
    rows = run.main(names or measures.NAMES, **sizes)
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        out.print(f"{row['holds']:>5}  {row['name']:<24} {row['value']} {row['unit']}")


@main.command("records-page")
@click.option("--check", is_flag=True, help="Compare only; exit 1 where the page is out of step.")
@told
def records_page_command(*, check: bool) -> None:
    """Write docs/records.md from the declarations of the record kinds."""
    page = write_page(WHOLE_REGISTRY)
    known = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    if check:
        is_same = known == page
        out.print(f"{PAGE} is {'in step' if is_same else 'out of step: run this without --check'}.")
        raise SystemExit(0 if is_same else EXIT_REFUSED)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, "utf-8")
    out.print(f"Wrote {PAGE}.")
