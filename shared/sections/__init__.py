"""What a study file says, a section a file."""
