"""From files to the numbers of one patient."""
