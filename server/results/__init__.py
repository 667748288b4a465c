"""What kinds of study a coordinator alone reads end with."""
