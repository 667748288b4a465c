"""What pooling all patients, and each site alone, would give beside the federation."""
