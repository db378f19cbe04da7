"""Identifiers: check letters as the courts' and prisons' systems compute them."""

import pytest

from casework.rules.identifiers import Identified, identify


def known(identifier_type: str, given: str) -> Identified:
    return identify(identifier_type, given, this_year=2026)


@pytest.mark.parametrize(
    "pnc",
    ["1979/0163001B", "1967/9893091D", "2002/0073319Z", "2003/0000003Y", "2000/0000223R"],
)
def test_a_pnc_with_the_right_letter_is_valid_and_unchanged(pnc: str) -> None:
    assert known("PNC", pnc) == Identified(pnc, "valid")


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("79/163001B", "1979/0163001B"),
        ("790163001B", "1979/0163001B"),
        ("79163001b", "1979/0163001B"),
        ("19790163001B", "1979/0163001B"),
        (" 02/73319Z ", "2002/0073319Z"),
        ("2003/3Y", "2003/0000003Y"),
        ("20033Y", "2003/0000003Y"),
    ],
)
def test_a_pnc_in_any_form_is_stored_in_one(given: str, canonical: str) -> None:
    assert known("PNC", given) == Identified(canonical, "valid")


@pytest.mark.parametrize("given", ["1980/0163001B", "23/1234567A", "1979/01630011B", "B", "", "?"])
def test_a_wrong_pnc_is_kept_as_it_was_given_and_flagged(given: str) -> None:
    assert known("PNC", given) == Identified(given, "invalid")


def test_a_year_to_come_is_of_the_last_century() -> None:
    assert identify("PNC", "79/163001B", this_year=2079).value == "2079/0163001B"
    assert identify("PNC", "79/163001B", this_year=2078).value == "1979/0163001B"


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("SF05/482703J", "SF05/482703J"),
        ("sf83/50058z", "SF83/50058Z"),
        ("SF83 50058Z", "SF83/50058Z"),
    ],
)
def test_a_file_only_cro_is_not_padded(given: str, canonical: str) -> None:
    assert known("CRO", given) == Identified(canonical, "valid")


def test_a_cro_is_padded_and_its_letter_checked() -> None:
    from casework.rules.identifiers import check_letter

    letter = check_letter(int("99" + "012345"))
    assert known("CRO", f"12345/99{letter}") == Identified(f"012345/99{letter}", "valid")
    wrong = "A" if letter != "A" else "B"
    assert known("CRO", f"12345/99{wrong}") == Identified(f"12345/99{wrong}", "invalid")
    assert known("CRO", "SF83/50058A").check == "invalid"
    assert known("CRO", "a slip of paper").check == "invalid"


@pytest.mark.parametrize(
    ("identifier_type", "given", "value"),
    [("NOMS", "a1234bc", "A1234BC"), ("CRN", "x 123456", "X123456"), ("BOOK", "12345a", "12345A")],
)
def test_a_number_without_a_letter_has_a_form_and_no_check(
    identifier_type: str, given: str, value: str
) -> None:
    assert known(identifier_type, given) == Identified(value, "unchecked")


@pytest.mark.parametrize(("identifier_type", "given"), [("NOMS", "1234"), ("CRN", "A1234BC")])
def test_a_number_of_another_form_is_flagged(identifier_type: str, given: str) -> None:
    assert known(identifier_type, given) == Identified(given, "invalid")


def test_what_nobody_can_check_is_kept_as_given() -> None:
    assert known("PASS", " 99 88 ") == Identified("99 88", "unchecked")
