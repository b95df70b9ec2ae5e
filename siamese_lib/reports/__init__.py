"""From a folder to a verdict: what is there, what training gains, what to clean, what to decide."""
