"""How the command line says that something went wrong: a sentence, a hint, and an exit code.

The codes are stable, so that a script can tell what to do next: 0 all is well, 1 refused or faults
were found, 2 the command was not understood, 3 not now, 4 the store contradicts itself.
"""

import functools
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

import rich.console
import rich.markup

from sync_protocol.errors import Corrupt, Refused, ThroughcareError, Unavailable

EXIT_WELL: Final = 0
EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNAVAILABLE: Final = 3
EXIT_CORRUPT: Final = 4

Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")

out = rich.console.Console(highlight=False)
err = rich.console.Console(stderr=True, highlight=False)


class FaultsFound(Refused):
    """What was looked at is not as it should be."""

    code = "faults_found"


def exit_code_of(fault: BaseException) -> int:
    """The code that tells a script which family the fault is of."""
    if isinstance(fault, Corrupt):
        return EXIT_CORRUPT
    return EXIT_UNAVAILABLE if isinstance(fault, Unavailable) else EXIT_REFUSED


def say(fault: ThroughcareError) -> None:
    """Prints the sentence, what tells this case from others, and what to do."""
    sentence = (type(fault).__doc__ or "").strip().splitlines()[0]
    err.print(f"[bold red]{rich.markup.escape(sentence)}[/]", soft_wrap=True)
    for line in fault.detail.splitlines():
        err.print(f"  {rich.markup.escape(line)}", soft_wrap=True)
    if fault.hint:
        err.print(f"  [bold]What to do:[/] {rich.markup.escape(fault.hint)}", soft_wrap=True)


class Told:
    """A `with` block whose faults are told as sentences and end the program with their code.

    Anything that is not one of our families is our own mistake and keeps its traceback.
    """

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Says a fault of ours and exits; lets every other pass."""
        if isinstance(fault, ThroughcareError):
            say(fault)
            sys.exit(exit_code_of(fault))
        if isinstance(fault, KeyboardInterrupt):
            sys.exit(EXIT_UNAVAILABLE)


def told(command: Callable[Arguments, Outcome]) -> Callable[Arguments, Outcome]:
    """The command with its faults told as sentences."""

    @functools.wraps(command)
    def telling(*positional: Arguments.args, **named: Arguments.kwargs) -> Outcome:
        with Told():
            return command(*positional, **named)
        raise AssertionError("a told fault ends the program")

    return telling
