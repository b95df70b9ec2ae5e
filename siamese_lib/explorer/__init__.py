"""The retrieval explorer: choose, draw or upload an image and see its nearest neighbours."""
