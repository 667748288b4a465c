"""Steps from series to clean, aligned volumes, one a file."""
