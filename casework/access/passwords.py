"""Passwords: what is kept of one is an Argon2id verifier in PHC form, peppered where a secret is.

A password is long rather than intricate: twelve characters and no rule of composition, as the
National Cyber Security Centre advises.
"""

import unicodedata
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from sync_protocol.errors import Refused

SALT_BYTES: Final = 16
VERIFIER_BYTES: Final = 32
MEMORY_KIB: Final = 19 * 1024
ITERATIONS: Final = 2
LANES: Final = 1
PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 256


class WeakPassword(Refused):
    """The password is too short, too long, or holds the user name."""

    code = "weak_password"
    hint = "Choose at least 12 characters; three words in a row are easy to keep in mind."


def check_password(password: str, user_name: str) -> None:
    """Raise WeakPassword unless it may be chosen."""
    length = len(_normal(password))
    if not PASSWORD_CHARACTERS_MIN <= length <= PASSWORD_CHARACTERS_MAX:
        raise WeakPassword(f"{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters")
    if user_name.casefold() in password.casefold():
        raise WeakPassword("it holds the user name")


def make_verifier(password: str, salt: bytes, pepper: bytes | None) -> str:
    """The PHC text to keep; `salt` is 16 bytes of chance."""
    assert len(salt) == SALT_BYTES, "a salt has sixteen bytes"
    derivation = Argon2id(
        salt=salt,
        length=VERIFIER_BYTES,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
        secret=pepper,
    )
    return derivation.derive_phc_encoded(_normal(password).encode())


def is_right(password: str, verifier: str, pepper: bytes | None) -> bool:
    """Whether the password is the one that the verifier was made of."""
    try:
        Argon2id.verify_phc_encoded(_normal(password).encode(), verifier, pepper)
    except InvalidKey:
        return False
    return True


def _normal(password: str) -> str:
    # Two keyboards may send an accent in two forms; both are the same password.
    return unicodedata.normalize("NFKC", password)
