"""What leaves the notebook: pages, moving pictures, projector files."""
