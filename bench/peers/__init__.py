"""The systems that Throughcare is measured against, each with its own small server."""
