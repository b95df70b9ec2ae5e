"""The shared tower, the losses, the siamese model, optimizers and devices."""
