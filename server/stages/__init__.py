"""The stages of a study at the coordinator, one a file."""
