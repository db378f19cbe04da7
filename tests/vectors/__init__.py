"""Golden bytes and merges: what must never change without anybody noticing."""
