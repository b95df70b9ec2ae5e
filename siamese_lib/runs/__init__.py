"""Finished trainings: their weights through time, their films, and how good they are."""
