"""Habitats: clusters of voxels that all sites share, found from sums."""
