"""Commands of `mrfed-site`, one a file."""
