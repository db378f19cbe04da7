"""Who may write a field: names of sides of the service, opaque to the engine.

A node's place says which side its staff write for: a prison, a probation office or the centre.
"""

from typing import Final

PRISON: Final = frozenset({"prison"})
PROBATION: Final = frozenset({"probation"})
CENTRE: Final = frozenset({"centre"})
ANYONE: Final = PRISON | PROBATION | CENTRE
