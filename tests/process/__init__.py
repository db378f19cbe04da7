"""Tests that start our programs, cut their lines, kill them, restart and restore them."""
