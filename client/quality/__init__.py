"""Whether the site's data is usable for a study, and how repeatable its features are."""
