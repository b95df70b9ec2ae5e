"""The benchmark of folders that stay on disk."""
