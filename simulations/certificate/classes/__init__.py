"""The certificate of classes: models, evaluation, and what the model is held against."""
