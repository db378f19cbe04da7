"""The node of an office: its terminals talk only to it, with or without the line."""
