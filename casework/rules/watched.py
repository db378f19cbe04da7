"""Until when what was worked out as of a moment stays as it is, though no record changes.

A rule is handed the moment as a number that remembers what it was weighed against. Each comparison
turns at a moment of its own; before the first of those to come, the same rows give the same answer
by the same steps. What is done with the moment otherwise than by comparing, adding and whole
division holds for that moment alone: a rule that nobody thought of is worked out each time.
"""

from collections.abc import Callable
from typing import Any, Final, Self

FOR_EVER_MS: Final = 1 << 62


class Watch:
    """The moment as of which something is worked out, and until when the answer stays."""

    def __init__(self, now_ms: int) -> None:
        """Nothing was weighed yet, so that it stays for ever."""
        self.now_ms = now_ms
        self.until_ms = FOR_EVER_MS
        """The first moment at which the answer might be another."""

    @property
    def moment(self) -> int:
        """The moment, to be handed to rules."""
        return WatchedMoment(self, self.now_ms)

    def turn(self, moment_ms: int) -> None:
        """Some comparison comes out otherwise from this moment on."""
        if self.now_ms < moment_ms < self.until_ms:
            self.until_ms = moment_ms

    def end(self) -> None:
        """The answer holds for this very moment alone."""
        self.until_ms = self.now_ms + 1


class WatchedMoment(int):
    """A moment, or one that lies so far before or after it, that tells its watch who asked."""

    watch: Watch
    plain: int

    def __new__(cls, watch: Watch, value_ms: int) -> Self:
        """The moment of a watch where both are the same."""
        made = int.__new__(cls, value_ms)
        made.watch, made.plain = watch, value_ms
        return made

    def stays_until(self, value_ms: int) -> int:
        """The number itself, for who knows that its like gives the same until this one."""
        self.watch.turn(value_ms - self.plain + self.watch.now_ms)
        return self.plain

    def __lt__(self, other: int) -> bool:
        return self._weigh(other) and int.__lt__(self, other)

    def __le__(self, other: int) -> bool:
        return self._weigh(other) and int.__le__(self, other)

    def __gt__(self, other: int) -> bool:
        return self._weigh(other) and int.__gt__(self, other)

    def __ge__(self, other: int) -> bool:
        return self._weigh(other) and int.__ge__(self, other)

    def __eq__(self, other: object) -> bool:
        return self._weigh(other) and int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return self._weigh(other) and int.__ne__(self, other)

    def __hash__(self) -> int:
        # Where it is not found among others, nothing tells with which it was compared.
        self.watch.end()
        return hash(self.plain)

    def __add__(self, other: int) -> int:
        apart: int = self._apart(int.__add__(self.plain, other))
        return apart

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        if isinstance(other, WatchedMoment):
            return self.plain - other.plain
        apart: int = self._apart(int.__sub__(self.plain, other))
        return apart

    def __floordiv__(self, other: int) -> int:
        if type(other) is not int or other <= 0:
            self.watch.end()
            return int.__floordiv__(self.plain, other)
        whole = self.plain // other
        self.stays_until((whole + 1) * other)
        return whole

    def _weigh(self, other: object) -> bool:
        """Always true: notes where a comparison with `other` comes out otherwise."""
        if isinstance(other, WatchedMoment):
            # Two that are of one watch stay as far apart as they are.
            if other.watch is not self.watch:
                self.watch.end()
        elif isinstance(other, int):
            self.stays_until(other)
            self.stays_until(other + 1)
        elif other is not None:
            self.watch.end()
        return True

    def _apart(self, value_ms: Any) -> Any:
        """So far from the moment as it was found to be; what is no number is passed on."""
        return WatchedMoment(self.watch, value_ms) if type(value_ms) is int else value_ms


def _ending(name: str) -> Callable[..., Any]:
    """A method of a number that no watch can follow."""
    plain_method = getattr(int, name)

    def method(moment: WatchedMoment, *others: Any) -> Any:
        moment.watch.end()
        return plain_method(moment, *others)

    return method


_NOT_FOLLOWED: Final = (
    *("rsub", "mul", "rmul", "truediv", "rtruediv", "rfloordiv", "mod", "rmod", "divmod"),
    *("rdivmod", "pow", "rpow", "neg", "pos", "abs", "invert", "and", "rand", "or", "ror", "xor"),
    *("rxor", "lshift", "rlshift", "rshift", "rrshift", "bool", "int", "float", "index", "trunc"),
    *("round", "floor", "ceil", "str", "repr", "format"),
)
for _name in _NOT_FOLLOWED:
    setattr(WatchedMoment, f"__{_name}__", _ending(f"__{_name}__"))
