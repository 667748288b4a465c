"""The table of a study at one site: endpoint, exclusions, batches, folds, and the site's half of harmonization."""
