"""The certificate of regression: models, evaluation, and baselines."""
