"""The report of a study: one HTML file that opens anywhere, and the numbers behind it."""
