"""The laboratory: a small tower that trains in the page."""
