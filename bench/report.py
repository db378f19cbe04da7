"""Writes bench/REPORT.md and its plots from one run: what was measured, on what, and how fairly."""

import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from sqlcipher3 import dbapi2 as sqlcipher

from bench import peers_install
from bench.goals import YARDSTICKS
from bench.measure import OURS, ROUNDS_MIN, Row, Taken, in_words, median_of, short
from bench.plot import Bar, bars_svg
from bench.run import PEOPLE, Run

FOLDER: Final = Path(__file__).resolve().parent
REPORT: Final = "REPORT.md"
PLOTS: Final = "plots"

LABELS: Final = {
    OURS: "Throughcare",
    "pouchdb": "PouchDB",
    "yjs": "Yjs",
    "floor": "floor: plain log",
    "file": "limit: a file fetched",
    "sqlite": "limit: SQLite",
    "sqlcipher": "limit: SQLCipher",
    "gzip_json": "gzip'd JSON",
    "msgpack": "its msgpack",
}
PICTURES: Final = (
    ("w1", "ops_s", "A caseload pushed", "ops a second, more is better"),
    ("w2", "p50_ms", "One note to another office, median", "ms, less is better"),
    ("w2", "p99_ms", "One note, slowest in a hundred", "ms, less is better"),
    ("w3", "ms", "500 queued changes when the line is back", "ms, less is better"),
    ("w4", "ms", "Conflicting changes meet", "ms, less is better"),
    ("w5", "safety_s", "A new office: what warns, and where everybody is", "s, less is better"),
    ("w5", "current_s", "A new office: everything that stands", "s, less is better"),
    ("w5", "history_s", "A new office: the whole past", "s, less is better"),
    ("wire", "bytes_op", "Bytes an op on the wire", "bytes, less is better"),
    ("disk", "bytes_op", "Bytes an op on disk", "bytes, less is better"),
)
OURS_PACKAGES: Final = ("throughcare", "litestar", "uvicorn", "msgspec", "cryptography")

EQUAL: Final = """
- The same changes, from one seed, about the same made-up people; the same machine, one call, in
  turn.
- Servers run as programs of their own on 127.0.0.1. What fills a spoke beforehand is not timed.
- A measure ends when the server has acknowledged the last change, and for W2 and W4 when the other
  office can read it.
"""

NOT_EQUAL: Final = """
- **Throughcare does more for each op**: it verifies a signature over the author's chain, merges by
  the field's rule, writes projection and search index, keeps a digest per person, encrypts the body
  under the person's key and the file as a whole, and commits with `synchronous=FULL` before it
  acknowledges. Everything is as shipped; nothing is switched off.
- **PouchDB** writes to leveldb without syncing to disk, unsigned and unencrypted. One document is
  one record and an op is a revision, and it sends only the last revision of a document: of 200 ops
  about 147 bodies travel, and the ones between do not arrive. Its ops are counted as if they did.
  Batches of 1,000 documents, its fastest here. Losing revisions are kept but nobody is told.
- **Yjs** holds everything in memory and appends changes to a log that is synced to disk before they
  are acknowledged; unsigned, unencrypted. It sends one merged state per person. The loser of two
  changes to one field is gone.
- **The floor** is a log of rows over the same web server, SQLite with `synchronous=FULL`: no
  signature, scope, merge, projection, digest or encryption. **The limits** are `executemany` of the
  same rows, 500 a transaction, with no network at all.
- **W2**: both spokes of PouchDB and Yjs live in one program, which hands a note over without HTTP;
  a note of ours is written and read through the HTTP API of two edges, with a signed-in member of
  staff, access rules and the audit line.
- **W5**: an office of ours has every value that was ever superseded, each op verified, folded and
  committed with `synchronous=FULL`; PouchDB's new store has the last revision of each document and
  nothing is synced to disk, so that one figure stands for all three of ours. **The file** is packed
  before it is fetched, holds the changes as rows in the clear, and goes whole to whoever asks.
- **gzip'd JSON** holds the same header and body as our ops, bytes as base64, without hashes,
  signatures or framing, gzip level 6 over 500 ops at a time.
"""

IN_THE_WAY: Final = """
- **W1 and W3**: the hub takes ops in on one core, in Python. No one step stands out in a profile:
  SQLite writes rows, indexes and pages for the largest part of it, and the rest is spread over
  reading and hashing an op, judging it, folding it, encrypting its body, adding its digest; the
  signature is next to nothing, since one proves a whole run. The office's own part, reading its
  log, packing and storing the answer, comes before and after, not beside: `hub_share` says how much
  of the time was the hub's. A second request made ready while the first is taken in would save most
  of that; to save more, a batch would have to be read by a second process, or in compiled code.
- **W2**: a note passes three durable commits, one after another (the office's own, the hub's, the
  other office's), a signature and its verification at each step, two HTTP requests of staff and two
  exchanges between programs that share two cores with the one that measures. PouchDB's spokes are
  written to without HTTP and sync nothing to disk; the floor shows what one durable commit over one
  HTTP request costs. What admits to nothing waits for no disk already.
- **W4**: the same two costs, taking in at the hub and storing at a spoke, three exchanges in a row;
  every change is about another person, so nothing is shared between them.
- **W5**: a snapshot spares folding what is superseded, not the work on each op that travels: the
  hub finds, reads and packs it, the office hashes it, checks it against the manifest, encrypts its
  body under the person's key and writes log, standing, projection and index. The two take turns,
  since an office asks for more only once it has stored what came. What warns comes together with
  all that stands of a person, person after person, so that (a) is over no sooner than (b).
- **Hub memory from 100 to 1,000 people**: what grows is what is kept for speed, pages of the store
  and records lately touched, up to fixed limits that 100 people do not fill. From 300 to 1,000 it
  grows less than from 100 to 300.
- **Disk**: rows are kept together by person, and what comes in the order of time falls between
  older rows, so that pages split and stand half empty; the larger the caseload, the more. Each op's
  own segment, its places in the indexes and its row in a table with real columns are the rest.
"""


def write_report(run: Run, folder: Path = FOLDER) -> Path:
    """Writes the plots and the report into a folder; returns the report's path."""
    plots = folder / PLOTS
    plots.mkdir(parents=True, exist_ok=True)
    for old in plots.glob("*.svg"):
        old.unlink()
    drawn = [_picture(run.taken, picture) for picture in PICTURES]
    for picture in filter(None, drawn):
        (plots / picture.file_name).write_text(picture.svg, encoding="utf-8")
    pictures = [f"![{one.title}]({PLOTS}/{one.file_name})" for one in drawn if one is not None]
    parts = [
        "# Bench report",
        "Generated by `make bench`; every ratio is of one round of one call, on one machine.",
        _circumstances(run, _commit()),
        "## What is asked, and what was reached",
        _rows_table(run.rows),
        "## Figures",
        _figures_table(run.taken),
        *pictures,
        "## What was equal",
        EQUAL.strip(),
        "## What was not",
        NOT_EQUAL.strip(),
        "## What stands in the way where a must is not reached",
        IN_THE_WAY.strip(),
        "## Versions",
        _versions(),
    ]
    path = folder / REPORT
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def _circumstances(run: Run, commit: str) -> str:
    small = ""
    if run.people < PEOPLE or run.rounds < ROUNDS_MIN:
        small = (
            f"\n\n**A trial, not a measurement**: the workloads ask for {PEOPLE:,} people and at"
            f" least {ROUNDS_MIN} rounds."
        )
    return (
        f"Taken on {datetime.now(UTC):%d %B %Y} at commit {commit}: {run.people:,} people,"
        f" {run.rounds} rounds; {os.cpu_count()} processors ({_processor()}),"
        f" {_memory_gb():.0f} GB of memory, {platform.system()} {platform.machine()}." + small
    )


def _rows_table(rows: Sequence[Row]) -> str:
    lines = [
        "| measure | value | must | goal | holds | ours | theirs |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        sign = "≥" if row.better == "higher" else "≤"
        must = "" if row.must is None else f"{sign} {short(row.must)}"
        goal = "" if row.goal is None else f"{sign} {short(row.goal)}"
        theirs = "" if row.theirs is None else short(row.theirs)
        lines.append(
            f"| {row.says} (`{row.name}`) | {short(row.value)} {row.unit} | {must} | {goal}"
            f" | {_verdict(row)} | {short(row.ours)} | {theirs} |"
        )
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    if row.holds == "must" and row.must is None:
        return "not the goal"
    return {"goal": "**goal**", "must": "must", "no": "**no**"}[row.holds]


def _figures_table(taken: Sequence[Taken]) -> str:
    lines = ["| workload | contender | medians of the rounds |", "|---|---|---|"]
    seen = dict.fromkeys((one.name, one.contender) for one in taken)
    for name, contender in seen:
        figures = next(
            one.figures for one in taken if (one.name, one.contender) == (name, contender)
        )
        medians = {figure: median_of(taken, name, contender, figure) for figure in figures}
        text = in_words({key: value for key, value in medians.items() if value is not None})
        lines.append(f"| {name} | {LABELS.get(contender, contender)} | {text} |")
    return "\n".join(lines)


class _Picture(msgspec.Struct, frozen=True):
    title: str
    file_name: str
    svg: str


def _picture(taken: Sequence[Taken], picture: tuple[str, str, str, str]) -> _Picture | None:
    """A plot of one figure of everybody who has it; None where nobody has."""
    name, figure, title, note = picture
    contenders = dict.fromkeys(one.contender for one in taken if one.name == name)
    medians = {one: median_of(taken, name, one, figure) for one in contenders}
    for yardstick in sorted(YARDSTICKS):
        medians[yardstick] = median_of(taken, name, OURS, f"{yardstick}_op")
    bars = [
        Bar(LABELS.get(one, one), value, short(value), one == OURS)
        for one, value in medians.items()
        if value is not None
    ]
    if not bars:
        return None
    return _Picture(title, f"{name}-{figure}.svg", bars_svg(title, note, bars))


def _versions() -> str:
    sqlcipher_version = sqlcipher.connect(":memory:").execute("PRAGMA cipher_version").fetchone()
    named = {
        "Python": platform.python_version(),
        **{name: version(name) for name in OURS_PACKAGES},
        "SQLite of the floor": sqlite3.sqlite_version,
        "SQLite of the nodes": sqlcipher.sqlite_version,
        "SQLCipher": str(sqlcipher_version[0]),
        "Node.js": _said(["node", "--version"]) or "none",
        **peers_install.versions(),
    }
    return ", ".join(f"{name} {number}" for name, number in named.items()) + "."


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _commit() -> str:
    return _said(["git", "-C", str(FOLDER), "rev-parse", "--short", "HEAD"]) or "unknown"


def _said(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
