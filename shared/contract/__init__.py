"""Everything that may leave a site."""
