"""The coordinator: asks the sites, runs the stages, keeps checkpoints, writes the report."""
