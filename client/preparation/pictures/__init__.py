"""Pictures of prepared patients, for people."""
