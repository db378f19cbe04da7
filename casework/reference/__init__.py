"""Code lists and their one reader: what a code means, and which codes may be entered."""
