"""What both sides agree on: the study, the contract, messages, masked sums, statistics. Imports nothing of ours."""
