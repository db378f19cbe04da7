"""Digests: sums that do not care about order and do care about verdicts."""

from sync_protocol.digest import DIGEST_BYTES, EMPTY, Digest, digest_term, view_digest
from tests import toys


def _term(number: int, *, suspect: bool = False, late: bool = False, redacted: bool = False) -> int:
    return digest_term(toys.op_id(number), suspect=suspect, late=late, redacted=redacted)


def test_order_does_not_matter() -> None:
    one, two = _term(1), _term(2)
    assert EMPTY.plus(one).plus(two) == EMPTY.plus(two).plus(one)


def test_taking_away_undoes_adding() -> None:
    assert EMPTY.plus(_term(1)).plus(_term(2)).minus(_term(1)) == EMPTY.plus(_term(2))


def test_a_change_of_verdict_changes_the_term() -> None:
    terms = {
        _term(1),
        _term(1, suspect=True),
        _term(1, late=True),
        _term(1, redacted=True),
        _term(1, suspect=True, late=True, redacted=True),
    }
    assert len(terms) == 5


def test_a_digest_is_thirty_two_bytes() -> None:
    assert EMPTY.to_bytes() == bytes(DIGEST_BYTES)
    assert len(EMPTY.plus(_term(1)).to_bytes()) == DIGEST_BYTES


def test_the_same_sum_of_another_count_is_another_view() -> None:
    subject = toys.subject(1)
    assert view_digest([(subject, Digest(5, 1))]) != view_digest([(subject, Digest(5, 2))])


def test_a_view_does_not_depend_on_the_order_of_subjects() -> None:
    lines = [(toys.subject(number), EMPTY.plus(_term(number))) for number in (1, 2, 3)]
    assert view_digest(lines) == view_digest(reversed(lines))


def test_a_view_tells_whose_ops_they_are() -> None:
    digest = EMPTY.plus(_term(1))
    assert view_digest([(toys.subject(1), digest)]) != view_digest([(toys.subject(2), digest)])


def test_knowing_of_a_subject_and_holding_nothing_of_it_agree() -> None:
    assert view_digest([(toys.subject(1), EMPTY)]) == view_digest([])
