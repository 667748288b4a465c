"""Each quantity of a run beside its value on the pooled table, computed by other code."""
