"""Programs that run for long: started, looked after, asked how they are, and stopped."""
