"""Convolutional filters by the definitions of IBSI-2."""
