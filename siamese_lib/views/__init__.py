"""Interactive views of arrays, as widgets, and the small pictures that stand in for them."""
