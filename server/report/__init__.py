"""The report of a study: one HTML file that opens anywhere, and the numbers behind it."""

from server.report.page import render, write

__all__ = ["render", "write"]
