"""Figures of the report, one a file; each a function from results to SVG."""
