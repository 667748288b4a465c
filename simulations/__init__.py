"""Phantom hospitals and federations on one machine."""
