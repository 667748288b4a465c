"""Which features enter a model: filters and rankings from sums over the training patients, one a file."""
