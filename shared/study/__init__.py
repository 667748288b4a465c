"""The study file: what it says, its rules, its plan, its schedule."""
