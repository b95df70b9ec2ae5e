"""The commands for a terminal, one file each: the library's jobs without a notebook."""
