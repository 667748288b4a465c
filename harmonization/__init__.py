"""ComBat from sums: the mathematics, its federated form, the newcomer's form and the assessment."""
