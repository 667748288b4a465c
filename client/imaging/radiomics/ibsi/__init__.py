"""Radiomics by the definitions of the Image Biomarker Standardisation Initiative, from the grid to the filters."""
