"""A training as a thing to keep: weights through time, films, evaluation."""
