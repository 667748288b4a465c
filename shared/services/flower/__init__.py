"""What both sides need to run Flower: its environment, and the app bundle that carries no code."""
