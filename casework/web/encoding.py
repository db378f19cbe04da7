"""Answers as JSON: ids, which are bytes within, leave as lower-case hex."""

from collections.abc import Mapping
from typing import Any

import msgspec


def encode_json(content: Any) -> bytes:
    """The JSON of structs, mappings and lists, every id in hex."""
    plain = msgspec.to_builtins(content, builtin_types=(bytes,), str_keys=True)
    return msgspec.json.encode(_in_hex(plain))


def _in_hex(plain: Any) -> Any:
    if isinstance(plain, bytes):
        return plain.hex()
    if isinstance(plain, Mapping):
        return {name: _in_hex(value) for name, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_in_hex(value) for value in plain]
    return plain
