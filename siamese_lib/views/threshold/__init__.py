"""A threshold to drag through the mistakes of a verification."""
