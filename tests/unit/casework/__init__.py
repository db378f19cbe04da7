"""Claims about what the record means: kinds, code lists and rules."""
