"""Files that are whole, secret, named by a person, or read into models."""
