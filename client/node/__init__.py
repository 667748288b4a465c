"""The hospital's node in Flower: its processes, the app that they run, enrolment and diagnosis."""
