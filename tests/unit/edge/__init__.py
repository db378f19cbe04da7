"""Claims about an office's service."""
