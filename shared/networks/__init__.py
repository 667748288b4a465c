"""Networks on images: one file a form, and a registry."""
