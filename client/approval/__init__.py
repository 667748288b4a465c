"""What a hospital reads and says yes to, and what stands against it."""
