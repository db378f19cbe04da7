"""Many nodes under one seed: hub and edges on virtual time, over real stores, while things fail."""
