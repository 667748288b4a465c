"""The hospital: from DICOM to features, and the answers to the coordinator's questions."""
