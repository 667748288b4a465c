"""A finished study's model on this hospital's own patients, and a hospital that took no part."""
