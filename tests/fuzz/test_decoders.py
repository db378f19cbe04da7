"""Every decoder against bytes that nobody of ours wrote: read, or refused as declared."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import campaign, mutate
from tests.fuzz.campaign import fight
from tests.fuzz.found import found_in, read_sample
from tests.fuzz.target import Slow, Target
from tests.fuzz.targets import TARGETS

QUICK = 8
"""Inputs of each target in `make check`: enough to see that the target still stands."""
CAMPAIGN = 1_500
FEW = 60
FOUND = Path(__file__).parent / "found"
names = pytest.mark.parametrize("name", sorted(TARGETS))


@st.composite
def spoiled(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A valid sample with pieces cut, doubled, put in: what shrinks to the one that matters."""
    raw = draw(st.sampled_from([*samples, *mutate.BOMBS[:1]]))
    pieces = st.one_of(st.binary(max_size=9), st.sampled_from(mutate.RAW_PIECES))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(raw)))
        raw = raw[:start] + draw(pieces) + raw[start + draw(st.integers(0, 9)) :]
    return raw


@names
def test_valid_bytes_are_where_every_attack_begins(name: str) -> None:
    target = TARGETS[name]
    assert any(target.judge(raw) for raw in target.samples()), "nothing of it is read"


@names
def test_whatever_comes_is_read_or_refused(name: str) -> None:
    """INV-09, INV-14: no other error, no other change, within bounds."""
    _campaign(TARGETS[name], range(QUICK))


@pytest.mark.slow
@names
def test_much_that_comes_is_read_or_refused(name: str, seed: int) -> None:
    """INV-09, INV-14: the same at length."""
    begin = seed * CAMPAIGN
    fought = fight(TARGETS[name], range(begin, begin + CAMPAIGN))
    assert fought.finds == {}
    assert fought.inputs > CAMPAIGN


@pytest.mark.slow
@names
def test_what_is_put_together_at_random_is_read_or_refused(name: str) -> None:
    """INV-09: drawn by Hypothesis, which makes a find small."""
    target = TARGETS[name]

    @settings(max_examples=FEW)
    @given(st.one_of(st.binary(max_size=64), spoiled(target.samples())))
    def judge(raw: bytes) -> None:
        target.judge(raw)

    judge()


@pytest.mark.parametrize(
    ("name", "file"), found_in(FOUND), ids=[file.stem for _, file in found_in(FOUND)]
)
def test_what_was_found_once_is_read_or_refused_now(name: str, file: Path) -> None:
    """A bug leaves a witness: the bytes under which a decoder fell."""
    TARGETS[name].judge(read_sample(file))


def test_a_find_is_told_from_a_refusal() -> None:
    def falls(raw: bytes) -> bool:
        return bool(raw[7])

    with pytest.raises(IndexError):
        Target("falls", tuple, falls).judge(b"short")


def test_what_falls_in_a_campaign_is_kept_once_for_each_place(tmp_path: Path) -> None:
    def falls(raw: bytes) -> bool:
        return bool(raw[7])

    fought = fight(Target("falls", lambda: [b"ab"], falls), range(40), tmp_path)
    assert len(fought.finds) == 1
    assert [name for name, _ in found_in(tmp_path)] == ["falls"]


def test_the_command_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign.main(["cursor", "want", "--inputs", "5", "--json"]) == 0
    assert '"finds": 0' in capsys.readouterr().out


def test_an_input_that_takes_too_long_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """INV-14."""
    moments = iter((0.0, 60.0))
    monkeypatch.setattr("tests.fuzz.target.time.process_time", lambda: next(moments))
    with pytest.raises(Slow):
        Target("slow", tuple, bool).judge(b"")


def test_a_campaign_is_the_same_for_the_same_seed() -> None:
    """INV-12."""
    samples = TARGETS["op"].samples()
    assert [mutate.drawn(samples, seed) for seed in range(200)] == [
        mutate.drawn(samples, seed) for seed in range(200)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["op", "message", "frame", "answer", "door", "estate_file"])
def test_a_campaign_gets_past_the_first_check(name: str) -> None:
    """Else it would attack the first bytes alone, and everything would hold."""
    target = TARGETS[name]
    samples = target.samples()
    read = sum(target.judge(mutate.drawn(samples, seed)) for seed in range(150))
    assert 3 < read < 120
    assert len({mutate.spoiled(samples[0], samples, Random(seed)) for seed in range(99)}) > 60


def _campaign(target: Target, seeds: range) -> None:
    samples = target.samples()
    for seed in seeds:
        raw = mutate.drawn(samples, seed)
        try:
            target.judge(raw)
        except Exception as fault:
            fault.add_note(f"{target.name}, seed {seed}: {raw[:400]!r}")
            raise
