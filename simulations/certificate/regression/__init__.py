"""The certificate of a number: models, evaluation, and what the model is held against."""
