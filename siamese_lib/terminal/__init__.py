"""The commands of the terminal, a file for each: the library's jobs without a notebook."""
