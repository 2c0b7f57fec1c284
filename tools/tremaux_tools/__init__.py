"""Tremaux works: attempt memory, failure fingerprints and stall judgement, usable without the server."""
