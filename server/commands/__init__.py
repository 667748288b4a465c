"""Commands of `mrfed-coordinator`, one a file."""
