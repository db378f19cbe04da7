"""What touches disk: the hub takes in whatever an enrolled node may send."""
