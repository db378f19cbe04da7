"""The bench: what it asks, what it makes up, and what it makes of figures."""
