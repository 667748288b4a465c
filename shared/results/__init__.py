"""What comes out of a study: result, bundle."""
