"""A view in which one image is changed by hand, and its point moves on maps."""
