"""The hospital: ingest, preprocess, maps, radiomics, answers to the coordinator's questions, policy and audit."""
