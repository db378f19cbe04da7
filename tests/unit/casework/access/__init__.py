"""The access of the case work, on a real store."""
