"""A spoke whose view differs from the hub's: finds where, asks the hub, and has it mended.

Implements PROTOCOL.md, Repair. First the subjects of the view are compared, then the ops of those
that differ, by `reconcile`; then the hub is asked about each op in which the two differ. What it
holds it sends under its manifest, and its verdict counts; what it lacks is offered again by this
node, as a run of its own or under the manifest that proves it. Nothing is ever taken away here.
What is under way is kept in memory alone: after a restart the next view that differs begins anew.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from sync_protocol.digest import subject_term
from sync_protocol.errors import BadMessage
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.mending import cut_of, hold_op_by_op, mend_digest, op_holdings, to_ask_for
from sync_protocol.io.op_log import StoredOp
from sync_protocol.io.outbox import gather_named
from sync_protocol.io.returns import prove
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import (
    REPAIR_BYTES_AIM,
    REPAIR_LOOKS_MAX,
    REPAIR_PASSES_MAX,
    REPAIR_ROUNDS_MAX,
    REPAIR_WANTED_MAX,
    VIEW_DIGEST_EVERY_MS,
)
from sync_protocol.messages import Look, Repair, Repaired, Returned
from sync_protocol.op import OpBytes, hash_raw, op_id_of
from sync_protocol.reconcile import NOTHING, Holdings, open_frame, take_frame
from sync_protocol.seal import Run

VIEW: Final = SubjectId(b"")
"""The look that is over subjects and not over the ops of one."""
UNANSWERED_MAX: Final = 8
FAILED_MAX: Final = 3
KEPT_MAX: Final = 50_000


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found, as far as it has come; ids only.

    `digests_mended` counts those of this node's own that were not of its ops, `offered` the ops
    that the hub lacked and was given, `rounds` the exchanges that it took.
    """

    subjects: tuple[SubjectId, ...] = ()
    missing_here: tuple[OpId, ...] = ()
    missing_there: tuple[OpId, ...] = ()
    judged_otherwise: tuple[OpId, ...] = ()
    digests_mended: int = 0
    offered: int = 0
    rounds: int = 0

    @property
    def size(self) -> int:
        """How many subjects and ops were not the same on both sides."""
        ops = (*self.missing_here, *self.missing_there, *self.judged_otherwise)
        return len(self.subjects) + len(ops)


class _Pass(msgspec.Struct):
    """One comparison under way; it is owned by `SpokeRepair`, and bounded in all that it keeps."""

    frames: dict[SubjectId, bytes]
    """The next frame of each look that is open."""
    waiting: list[SubjectId]
    """Subjects that differ and are still to be looked into."""
    met: dict[SubjectId, None] = {}
    explained: dict[SubjectId, None] = {}
    """Subjects of which an op was found that makes them differ."""
    wanted: dict[OpId, None] = {}
    here: dict[OpId, None] = {}
    there: dict[OpId, None] = {}
    otherwise: dict[OpId, None] = {}
    own_lacking: list[OpId] = []
    others_lacking: list[OpId] = []
    mended: int = 0
    begun_anew: int = 0
    offered: int = 0
    rounds: int = 0
    unanswered: int = 0
    failed: int = 0


class SpokeRepair:
    """Keeps one comparison under way, from a view that differs to the last op mended."""

    def __init__(self, core: StoreCore) -> None:
        """Nothing is asked until a view was found to differ."""
        self._core = core
        self._pass: _Pass | None = None
        self._asked: Repair | None = None
        self._offers: tuple[Run, ...] = ()
        self._returns: tuple[Returned, ...] = ()
        self._passes = 0
        self._began_ms = 0
        self._looks_for_bodies = True
        self._bodies_told: set[OpId] = set()
        self.is_trial = False
        """Find only: nothing is asked for, offered or mended, and the node's own work waits."""
        self.is_equal: bool | None = None
        """The hub's last word on whether the views are equal."""
        self.last = Differences()
        """What the last comparison found, or the present one so far."""

    @property
    def is_under_way(self) -> bool:
        """Whether a comparison is not through yet."""
        return self._pass is not None

    @property
    def is_resting(self) -> bool:
        """Whether it was compared as often as is worth while before the next view is due."""
        return self._passes >= (1 if self.is_trial else REPAIR_PASSES_MAX)

    def note_compared(self, *, is_equal: bool | None, now_ms: int) -> None:
        """The hub said whether the views are equal; one that differs begins a comparison.

        INV-10: what stays different after several is not compared again before the next view is due
        by the clock, and the centre's page goes on saying that it differs.
        """
        if is_equal is not None:
            self.is_equal = is_equal
        if is_equal:
            self._passes = 0
        is_rested = not 0 <= now_ms - self._began_ms < VIEW_DIGEST_EVERY_MS
        if is_equal is not False or self._pass is not None:
            return
        if is_rested:
            self._passes = 0
        if not self.is_resting:
            self._passes, self._began_ms = self._passes + 1, now_ms
            self._pass = _Pass({VIEW: open_frame(self._view())}, [])
            self.last = Differences()

    def abandon(self) -> None:
        """The hub is another now: what was found of the one before says nothing."""
        self._pass, self._asked, self._offers, self._returns = None, None, (), ()

    def look_for_bodies(self) -> None:
        """Somebody entered: what is held of him from before may be closed."""
        self._looks_for_bodies = True
        self._bodies_told.clear()

    def want_bodies(self) -> None:
        """Ask for what is lacking of whoever is held again, each once."""
        if not self._looks_for_bodies or self.is_trial:
            return
        lacking = to_ask_for(self._core, KEPT_MAX)
        wanted = [op_id for op_id in lacking if op_id not in self._bodies_told]
        self._looks_for_bodies = bool(wanted)
        if wanted:
            self._pass = self._pass or _Pass({}, [])
            self._pass.wanted |= dict.fromkeys(wanted)

    def ask(self) -> Repair | None:
        """The next question; None where there is none, and the comparison is through."""
        now = self._pass
        self._asked = None
        if now is None or self._end_if_through(now):
            return None
        self._open_looks(now)
        wanted = () if self.is_trial else tuple(now.wanted)[:REPAIR_WANTED_MAX]
        looks = tuple(
            Look(subject, self._cut_of(subject), frame) for subject, frame in now.frames.items()
        )
        now.rounds += 1
        self._asked = Repair(looks, wanted)
        return self._asked

    def runs(self, ops_max: int) -> tuple[Run, ...]:
        """Own segments of which the hub lacks an op, as they were first offered."""
        now = self._pass
        if now is None or not now.own_lacking:
            return ()
        now.failed += bool(self._offers)
        if now.failed > FAILED_MAX:
            self._offer_all(now)
            return ()
        self._offers = gather_named(self._core, now.own_lacking, ops_max)
        if not self._offers:
            now.own_lacking = []
        return self._offers

    def returned(self) -> tuple[Returned, ...]:
        """Ops of others that the hub lacks, each under a manifest of its own that proves it."""
        now = self._pass
        if now is None or not now.others_lacking:
            return ()
        now.failed += bool(self._returns)
        self._returns = () if now.failed > FAILED_MAX else prove(self._core, now.others_lacking)
        if not self._returns:
            now.others_lacking = []
        return self._returns

    @property
    def asked_ids(self) -> frozenset[OpId]:
        """Ops of which the hub's word was asked: it counts as it is, whatever was held here."""
        return frozenset(self._asked.wanted if self._asked is not None else ())

    def take(self, repaired: Repaired | None) -> None:
        """What a reply says to what was asked; it is stored, and its transaction is open."""
        now = self._pass
        if now is None:
            return
        self._note_offered(now)
        if self._asked is not None and repaired is None:
            self._note_unanswered(now)
        elif self._asked is not None and repaired is not None:
            now.unanswered = 0
            self._take_answer(now, self._asked, repaired)
        self._asked = None
        self.last = _differences(now)
        self._end_if_through(now)

    def _end_if_through(self, now: _Pass) -> bool:
        """Whether nothing is left to ask, to want or to offer; then the comparison is over."""
        left = bool(now.frames or now.waiting)
        if not self.is_trial:
            left = bool(left or now.wanted or now.own_lacking or now.others_lacking)
        if not left or now.rounds >= REPAIR_ROUNDS_MAX:
            self.abandon()
        return self._pass is None

    def _view(self) -> Holdings:
        core = self._core
        with core.transaction():
            core.folding.flush()
            with core.reading_own() as reading:
                digests = reading.view_digests(core.parts.node)
        return Holdings({subject: subject_term(subject, one) for subject, one in digests})

    def _open_looks(self, now: _Pass) -> None:
        """Look into as many of the subjects that wait as one request has room for."""
        size = sum(map(len, now.frames.values()))
        while now.waiting and len(now.frames) < REPAIR_LOOKS_MAX and size < REPAIR_BYTES_AIM:
            subject = now.waiting.pop()
            frame = self._open_look(now, subject)
            now.frames[subject] = frame
            size += len(frame)

    def _open_look(self, now: _Pass, subject: SubjectId) -> bytes:
        """The first frame of a subject, whose digest is that of its ops from now on."""
        core = self._core
        with core.transaction():
            number = core.log.subject_no(subject)
            if number is not None and not self.is_trial:
                is_mended = mend_digest(core, number)
                now.mended += is_mended
                if is_mended:
                    now.explained[subject] = None
            return open_frame(self._ops_of(subject))

    def _ops_of(self, subject: SubjectId) -> Holdings:
        number = self._core.log.subject_no(subject)
        if number is None:
            return Holdings({})
        return op_holdings(self._core.connection, number, cut_of(self._core, number))

    def _cut_of(self, subject: SubjectId) -> int:
        """What a snapshot covers is compared as a whole, by its digest alone."""
        number = self._core.log.subject_no(subject) if subject else None
        return 0 if number is None else cut_of(self._core, number)

    def _take_answer(self, now: _Pass, asked: Repair, repaired: Repaired) -> None:
        try:
            self._take_looks(now, asked, repaired)
        except BadMessage:
            # INV-10: what the hub said cannot be read, and asking again would stop the node's work.
            self.abandon()
            raise
        self._take_word(now, asked, repaired)

    def _take_looks(self, now: _Pass, asked: Repair, repaired: Repaired) -> None:
        open_still = {look.subject for look in asked.looks} & now.frames.keys()
        for look in repaired.looks:
            subject = SubjectId(look.subject)
            if subject not in open_still:
                continue
            open_still.discard(subject)
            holdings = self._view() if subject == VIEW else self._ops_of(subject)
            following, found = take_frame(holdings, look.frame)
            if following == NOTHING:
                del now.frames[subject]
            else:
                now.frames[subject] = following
            if subject == VIEW:
                self._meet(now, (*found.here, *found.there, *found.differing))
            else:
                if found.here or found.there or found.differing:
                    now.explained[subject] = None
                elif following == NOTHING and subject not in now.explained and not self.is_trial:
                    self._begin_anew(now, subject)
                _want(now, now.here, found.here)
                _want(now, now.there, found.there)
                _want(now, now.otherwise, found.differing)
        for unanswered in open_still:
            # A look without an answer is closed: else it would be asked for ever.
            del now.frames[SubjectId(unanswered)]

    def _begin_anew(self, now: _Pass, subject: SubjectId) -> None:
        """All ops beyond the cut agree and the subjects do not: its snapshot is not the hub's."""
        number = self._core.log.subject_no(subject)
        if number is not None and hold_op_by_op(self._core, number):
            now.begun_anew += 1

    def _meet(self, now: _Pass, subjects: Iterable[bytes]) -> None:
        """Subjects in which the views differ, each looked into once."""
        for one in subjects:
            subject = SubjectId(one)
            if subject not in now.met:
                now.met[subject] = None
                now.waiting.append(subject)

    def _take_word(self, now: _Pass, asked: Repair, repaired: Repaired) -> None:
        considered = asked.wanted[: repaired.considered]
        for op_id in considered:
            now.wanted.pop(op_id, None)
        self._bodies_told.update(considered if self._looks_for_bodies else ())
        lacking = set(repaired.lacking) & set(considered)
        held = self._core.log.find(lacking)
        for op_id in sorted(held):
            is_own = self._is_own(held[op_id])
            (now.own_lacking if is_own else now.others_lacking).append(op_id)

    def _is_own(self, stored: StoredOp) -> bool:
        """Whether it is in a segment of this log, at its place: a branch that was lost with an
        older disk and came back from the hub is in none.
        """
        rows = self._core.connection.execute(
            "SELECT 1 FROM lives l JOIN segments s USING(life_no) WHERE l.life_no = ? AND l.node ="
            " ? AND ? BETWEEN s.first_seq AND s.last_seq AND s.first_op_no - s.first_seq = ?"
            " LIMIT 1",
            (stored.life_no, self._core.parts.node, stored.seq, stored.op_no - stored.seq),
        )
        return bool(rows)

    def _note_offered(self, now: _Pass) -> None:
        """What was offered with this request is durable at the hub."""
        if self._offers:
            segments = (segment for run in self._offers for segment in run.segments)
            left = _without(now.own_lacking, (raw for one in segments for raw in one.ops))
            now.offered += len(now.own_lacking) - len(left)
            now.own_lacking, self._offers, now.failed = left, (), 0
        elif self._returns:
            raws = (raw for one in self._returns for raw in one.ops)
            left = _without(now.others_lacking, raws)
            now.offered += len(now.others_lacking) - len(left)
            now.others_lacking, self._returns, now.failed = left, (), 0

    def _note_unanswered(self, now: _Pass) -> None:
        """The hub had more to send first, or is of a release that does not repair."""
        now.unanswered += 1
        if now.unanswered > UNANSWERED_MAX:
            self.abandon()

    def _offer_all(self, now: _Pass) -> None:
        """What the hub does not take in part it may take whole: each life from its beginning."""
        core = self._core
        with core.transaction():
            for stored in core.log.find(now.own_lacking).values():
                core.connection.execute(
                    "UPDATE lives SET received_seq = 0 WHERE life_no = ?", (stored.life_no,)
                )
        self.abandon()


def _without(lacking: list[OpId], given: Iterable[OpBytes]) -> list[OpId]:
    """What one request had no room for goes with the next."""
    given_ids = {op_id_of(hash_raw(raw)) for raw in given}
    return [op_id for op_id in lacking if op_id not in given_ids]


def _want(now: _Pass, kept: dict[OpId, None], found: Iterable[bytes]) -> None:
    """INV-14: what is beyond the bound is found by the next comparison."""
    for one in found:
        if len(now.wanted) >= KEPT_MAX:
            return
        kept[OpId(one)] = now.wanted[OpId(one)] = None


def _differences(now: _Pass) -> Differences:
    return Differences(
        subjects=tuple(now.met),
        missing_here=tuple(now.there),
        missing_there=tuple(now.here),
        judged_otherwise=tuple(now.otherwise),
        digests_mended=now.mended,
        offered=now.offered,
        rounds=now.rounds,
    )
