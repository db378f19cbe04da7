"""Signing in at a provider of OpenID Connect that others wrote, started by the test on loopback."""
