"""Films of the same points side by side: one moment, one selection, and the same or own scales."""
