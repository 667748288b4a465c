"""What both sides agree on: study, contract, messages, masked sums, statistics. Imports nothing of ours."""
