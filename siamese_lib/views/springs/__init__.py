"""A view in which to drag points that pull and push each other as the contrastive loss does."""
