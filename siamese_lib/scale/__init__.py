"""More than memory holds."""
