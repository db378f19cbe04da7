"""How the campaigns of this folder tell what they came to."""

import json
import sys
from collections.abc import Mapping, Sequence


def tell(totals: Mapping[str, int], faults: Sequence[str], *, as_json: bool) -> int:
    """Print totals and faults, for people or as one JSON object; 1 where there is a fault."""
    if as_json:
        said = json.dumps({**totals, "faults": list(faults)}, sort_keys=True)
    else:
        lines = [f"{count:>9,} {name}" for name, count in sorted(totals.items())]
        said = "\n".join([*lines, *faults, f"{len(faults)} faults"])
    sys.stdout.write(said + "\n")
    return int(bool(faults))
