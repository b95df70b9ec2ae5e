"""Which images are put side by side: samplers and neighbour graphs."""
