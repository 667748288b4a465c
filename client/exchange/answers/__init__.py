"""The questions that a site answers, one a file; each mirrors a stage of the coordinator."""
