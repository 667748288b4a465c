"""Whether a scanner's images have come to differ over time."""
