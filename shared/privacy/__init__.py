"""What can be concluded from what leaves, and what differential privacy has cost."""
