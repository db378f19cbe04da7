"""A passkey's device written in software: ES256, with packed self attestation or none."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text_of(raw: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """What base64url stands for."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One device with one key; what it does wrong is set by the test."""

    def __init__(self, host: str = "localhost", origin: str = "http://localhost:8000") -> None:
        """A new key that was never used."""
        self.host, self.origin = host, origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.signing = self.key
        self.credential = os.urandom(32)
        self.count = 1
        self.owner = b""
        self.flags = PRESENT | VERIFIED

    def create(self, options: str, form: str = "none", **said: Any) -> str:
        """The browser's answer when it is asked to make a passkey."""
        asked = json.loads(options)
        self.owner = bytes_of(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        named = bytes(16) + len(self.credential).to_bytes(2) + self.credential + cbor2.dumps(cose)
        shown = self._shown(self.flags | ATTESTED) + named
        terminal_said = self._said("webauthn.create", asked["challenge"], **said)
        signed = self._sign(shown + hashlib.sha256(terminal_said).digest())
        statement = {"alg": -7, "sig": signed} if form == "packed" else {}
        attestation = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": shown})
        response = {"attestationObject": text_of(attestation)}
        return self._answer(terminal_said, response)

    def get(self, options: str, **said: Any) -> str:
        """The browser's answer when it is asked to sign in."""
        self.count += 1
        shown = self._shown(self.flags)
        terminal_said = self._said("webauthn.get", json.loads(options)["challenge"], **said)
        signed = self._sign(shown + hashlib.sha256(terminal_said).digest())
        response = {
            "authenticatorData": text_of(shown),
            "signature": text_of(signed),
            "userHandle": text_of(self.owner),
        }
        return self._answer(terminal_said, response)

    def _shown(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _said(self, sort: str, asked: str, **said: Any) -> bytes:
        plain = {"type": sort, "challenge": asked, "origin": self.origin}
        return json.dumps(plain | said).encode()

    def _sign(self, content: bytes) -> bytes:
        return self.signing.sign(content, ec.ECDSA(SHA256()))

    def _answer(self, terminal_said: bytes, response: dict[str, str]) -> str:
        named = text_of(self.credential)
        response["clientDataJSON"] = text_of(terminal_said)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
