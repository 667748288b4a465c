"""Quantitative maps, one model a file: pure functions of signal and acquisition."""
