"""The certificate of classes: models, evaluation, and baselines."""
