"""Exams as DICOM objects, each vendor in its dialect."""
