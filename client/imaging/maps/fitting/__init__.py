"""What the models share: blocks of voxels, compiled loops, linear and non-linear least squares."""
