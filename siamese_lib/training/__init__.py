"""What a training needs around Keras' fit: batches, recorder, checkpoint, callbacks, live view."""
