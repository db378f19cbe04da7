"""Reports of interventions, for programs."""

from litestar import get

from casework.desk.interrupted import Interrupted, interrupted
from casework.web.api.answers import GivenCaller, GivenDesk


@get("/interventions/interrupted", sync_to_thread=True)
def read_interrupted(desk: GivenDesk, caller: GivenCaller) -> Interrupted:
    """Interventions interrupted by a move and not resumed within 14 days, the longest first.

    At an office those of the people it holds, at the centre those of everybody.
    """
    return interrupted(desk, caller)
