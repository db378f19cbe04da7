"""Runs everything that tries to break the protocol, for as long as somebody lets it."""
