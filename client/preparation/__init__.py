"""Many patients from exports to records of features: in parallel, kept as soon as each is done."""
