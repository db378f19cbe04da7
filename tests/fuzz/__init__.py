"""Bytes that nobody of ours wrote: what is read of them, and that nothing else happens."""
