"""Laws that hold for every history, value and order that can be drawn."""
