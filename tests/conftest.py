"""What every test may ask for: a seed that is printed on failure, a browser, vectors to rewrite.

Where THROUGHCARE_FORBID_SKIPS=1 is set, as in CI, a skipped test counts as a failed one: what was
meant to be tested there is tested there.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SEED_VARIABLE = "THROUGHCARE_SEED"
PROFILE_VARIABLE = "THROUGHCARE_HYPOTHESIS"
CHROMIUM_VARIABLE = "THROUGHCARE_CHROMIUM"
FORBID_SKIPS_VARIABLE = "THROUGHCARE_FORBID_SKIPS"
OWN_VARIABLES = (SEED_VARIABLE, PROFILE_VARIABLE, CHROMIUM_VARIABLE, FORBID_SKIPS_VARIABLE)
TOLD_KEY = "throughcare_told"
SEED_USUAL = 1
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Gates must not fail by chance: "gate", of `make check`, and "ci", of `make test`, draw the same
# examples every time. "explore" draws new ones.
hypothesis.settings.register_profile(
    "gate", derandomize=True, max_examples=25, deadline=None, print_blob=True
)
hypothesis.settings.register_profile(
    "ci", derandomize=True, max_examples=60, deadline=None, print_blob=True
)
hypothesis.settings.register_profile(
    "explore", max_examples=1000, deadline=None, print_blob=True, derandomize=False
)

# What the environment says to the tests. It is taken out of it, because a node that a test starts
# would inherit it and refuse to start: it takes no THROUGHCARE_ variable that is not its own.
_told: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --seed, which repeats a failing run, and --rewrite, which renews golden vectors."""
    group = parser.getgroup("throughcare")
    group.addoption("--seed", type=int, help="the seed of every drawn world and workload")
    group.addoption("--rewrite", action="store_true", help="write golden vectors anew")


def pytest_configure(config: pytest.Config) -> None:
    """Takes what the tests are told: the environment's word, or in a worker the controller's."""
    usual = {SEED_VARIABLE: str(SEED_USUAL), PROFILE_VARIABLE: "ci"}
    given = {name: os.environ.pop(name) for name in OWN_VARIABLES if name in os.environ}
    _told.update(usual | given | getattr(config, "workerinput", {}).get(TOLD_KEY, {}))
    asked: int | None = config.getoption("seed")
    if asked is not None:
        _told[SEED_VARIABLE] = str(asked)
    hypothesis.settings.load_profile(_told[PROFILE_VARIABLE])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells xdist's workers the same."""
    node.workerinput[TOLD_KEY] = dict(_told)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes is begun first; all else keeps its order."""
    items.sort(key=lambda item: "longest" not in item.keywords)


def pytest_report_header(config: pytest.Config) -> str:
    """Names the seed and the profile at the top of every run."""
    return f"throughcare: seed {_seed()}, hypothesis profile {_profile()}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What campaigns came to, as they noted it by `record_property`: figures are for people."""
    for report in terminalreporter.getreports("passed"):
        for name, told in report.user_properties:
            terminalreporter.write_line(f"{name}: {told}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Prints the seed with a failure, and makes a skip one where skips are forbidden."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _forbids_skips():
        report.outcome = "failed"
        report.longrepr = f"{FORBID_SKIPS_VARIABLE}=1 forbids this skip: {_reason(report)}"
    if report.failed:
        repeat = f"--seed {_seed()} repeats it; hypothesis profile {_profile()}"
        report.sections.append(("seed", repeat))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turns the skip of a whole module into a failure where skips are forbidden."""
    report = yield
    if report.skipped and _forbids_skips():
        report.outcome = "failed"
        report.longrepr = f"{FORBID_SKIPS_VARIABLE}=1 forbids this skip: {_reason(report)}"
    return report


@pytest.fixture
def seed() -> int:
    """The seed of this run; a test that draws anything draws it from here."""
    return _seed()


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether golden vectors are to be written anew; commit only a change you can explain."""
    return bool(request.config.getoption("rewrite"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The program of a Chromium on this machine; the test is skipped where there is none."""
    named = _told.get(CHROMIUM_VARIABLE)
    if named is not None:
        found = shutil.which(named)
        if found is None:
            pytest.fail(f"{CHROMIUM_VARIABLE}={named} names no program that can be run")
        return found
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    pytest.skip(
        "no Chromium here: run `apt-get install chromium`,"
        f" or set {CHROMIUM_VARIABLE} to the path of one"
    )


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> "Iterator[Browser]":
    """A headless Chromium that speaks to nobody but the pages under test.

    Its driver keeps an event loop running in this thread for as long as it is open, and no test
    after it in the same process could call `asyncio.run`: so it ends with its module.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_ARGUMENTS)
        )
        yield launched
        launched.close()


def _seed() -> int:
    return int(_told[SEED_VARIABLE])


def _profile() -> str:
    return _told[PROFILE_VARIABLE]


def _forbids_skips() -> bool:
    return _told.get(FORBID_SKIPS_VARIABLE) == "1"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    return str(report.longrepr)
