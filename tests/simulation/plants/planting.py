"""What a plant is, and how it is put into the engine and taken out again.

A plant is one or more slips: a phrase of a function's source in the place of which a wrong one
stands, as a programmer could have written it. The function's code is exchanged in place, so that
whoever holds the function calls the wrong one, and is put back whatever happens.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any, Final, Literal, get_args

import msgspec

from tests.simulation.options import Options, options_of
from tests.simulation.run import Outcome, simulate

Area = Literal[
    "author",
    "store",
    "merge",
    "verdicts",
    "session",
    "scope",
    "snapshot",
    "hand-over",
    "repair",
    "marks",
    "restart",
]
AREAS: Final[tuple[str, ...]] = get_args(Area)


class Slip(msgspec.Struct, frozen=True):
    """A phrase that occurs once in a function, and the wrong one for it.

    `place` is "module:Class.function"; a constant of a module is one as well, and then the phrase
    is one of its text.
    """

    place: str
    right: str
    wrong: str


class Plant(msgspec.Struct, frozen=True, kw_only=True):
    """A fault put in on purpose.

    `does` says what the engine does then, `harms` what would happen to whom, and `caught_by` are
    words of which the report must hold one: an invariant, or what a machine raises. With `changed`
    options the seeds of this plant have those in place of what is drawn, as `options_for` has it;
    without them any seed of the ordinary campaign may be the one.
    """

    name: str
    area: Area
    does: str
    harms: str
    caught_by: tuple[str, ...]
    slips: tuple[Slip, ...]
    changed: dict[str, float] | None = None
    runs: Callable[[int, Options], Outcome] = simulate

    @property
    def is_ordinary(self) -> bool:
        """Whether the seeds of the ordinary campaign catch it as they are."""
        return self.changed is None and self.runs is simulate

    def options_for(self, seed: int) -> Options:
        """The options under which a seed looks for this plant."""
        if self.changed is None:
            return options_of(seed)
        return msgspec.convert(self.changed, Options)

    def run(self, seed: int) -> Outcome:
        """One run under this plant's options, with the plant or without, as it lies now."""
        return self.runs(seed, self.options_for(seed))

    def alarm(self, outcome: Outcome) -> str:
        """The line of a report that tells of this plant; empty where none does."""
        for fault in outcome.faults:
            if any(words in fault for words in self.caught_by):
                return fault.strip().splitlines()[-1]
        return ""


class Withered(Exception):
    """The engine was changed, and a plant's phrase is not where it was: write the plant anew."""


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The engine with this fault in it; as it was afterwards."""
    with ExitStack() as stack:
        for place, slips in _by_place(plant.slips).items():
            stack.enter_context(_exchanged(place, slips))
        yield


def _by_place(slips: Iterable[Slip]) -> dict[str, list[Slip]]:
    found: dict[str, list[Slip]] = {}
    for slip in slips:
        found.setdefault(slip.place, []).append(slip)
    return found


@contextmanager
def _exchanged(place: str, slips: list[Slip]) -> Iterator[None]:
    module, _, name = place.partition(":")
    owner: Any = import_module(module)
    *classes, last = name.split(".")
    for one in classes:
        owner = getattr(owner, one)
    found = inspect.getattr_static(owner, last)
    if isinstance(found, str):
        setattr(owner, last, _wrong(found, slips))
        try:
            yield
        finally:
            setattr(owner, last, found)
        return
    function = _function_of(found)
    right = function.__code__
    function.__code__ = _wrong_code(function, slips)
    try:
        yield
    finally:
        function.__code__ = right


def _function_of(found: Any) -> FunctionType:
    """The function itself of a property or of what a decorator wrapped."""
    asked: Any = found.fget if isinstance(found, property) else found
    bare = inspect.unwrap(asked)
    assert isinstance(bare, FunctionType), f"{found} is no function"
    return bare


def _wrong_code(function: FunctionType, slips: list[Slip]) -> CodeType:
    """The code of the function with the wrong phrases, bound to the same module."""
    source = _wrong(inspect.getsource(function), slips)
    if source[0].isspace():
        source = f"if True:\n{source}"
    unit = compile(source, f"<planted in {function.__qualname__}>", "exec", dont_inherit=True)
    found = [one for one in unit.co_consts if isinstance(one, CodeType)]
    (code,) = [one for one in found if one.co_name == function.__name__]
    return code


def _wrong(text: str, slips: list[Slip]) -> str:
    for slip in slips:
        if text.count(slip.right) != 1:
            raise Withered(f"{slip.place} has {slip.right!r} {text.count(slip.right)} times")
        text = text.replace(slip.right, slip.wrong)
    return text
