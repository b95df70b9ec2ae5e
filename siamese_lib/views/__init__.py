"""What a person touches: widgets, each over one JavaScript module."""

from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.wire import ViewError

__all__ = ["EmbeddingView", "ViewError"]
