"""Write runs as files to share: pages, moving pictures, and files for TensorBoard's projector."""
