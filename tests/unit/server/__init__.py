"""Claims about the hub's service."""
