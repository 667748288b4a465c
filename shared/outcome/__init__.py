"""The parts of a study's result, by what they are about."""
