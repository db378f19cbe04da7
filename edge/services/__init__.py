"""What an office's node does beyond serving a desk."""
