"""Commands of `mrfed-simulate`, one a file."""
