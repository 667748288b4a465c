"""What follows for the models of a study from the totals of its exchanges, at every site and the coordinator."""
