"""What the centre answers to nodes."""
