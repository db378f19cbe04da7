"""The desk of the case work, on a real store."""
