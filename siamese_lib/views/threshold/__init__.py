"""A view in which to drag a threshold and see which pairs it judges wrongly."""
