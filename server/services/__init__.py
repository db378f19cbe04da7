"""What the centre does beyond serving a desk."""
