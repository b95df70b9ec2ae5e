"""A view of all pairs of a batch: what each costs in the loss, and which still teach."""
