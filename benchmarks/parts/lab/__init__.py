"""How fast the tower in a page trains."""
