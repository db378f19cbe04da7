"""The web of the case work, on a real store."""
