"""Draw an explorer as a picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import io

from PIL import Image

from siamese_lib.explorer.screen import Screen
from siamese_lib.images import LETTERS, NAME_WIDTH, draw_neighbours, png
from siamese_lib.lettering import short_names

_DRAWN = 7  # neighbours


def explorer_png(screen: Screen, map_png: bytes) -> bytes:
    """Draw the query and its nearest neighbours in a row, and the map below.

    Args:
        screen: what is shown; up to seven neighbours are drawn.
        map_png: the map, as a PNG.

    Returns:
        A PNG on a transparent ground.
    """
    found, facts, query = screen.answer, screen.facts, screen.state.query
    nearest = found.rows()[:_DRAWN]
    images = facts.training_images[[row["index"] for row in nearest]]
    short = dict(
        zip(facts.class_names, short_names(facts.class_names, LETTERS, NAME_WIDTH), strict=True)
    )
    captions = [short[row["class"]] for row in nearest]
    distances = [row["distance"] for row in nearest]
    row = draw_neighbours(
        facts.image(query)[None], [str(query)], images[None], [captions], [distances], clear=True
    )
    with Image.open(io.BytesIO(map_png)) as file:
        below = file.convert("RGBA")
    paper = Image.new("RGBA", (max(row.width, below.width), row.height + below.height))
    paper.paste(row, (0, 0))
    paper.paste(below, ((paper.width - below.width) // 2, row.height))
    return png(paper.quantize(64, Image.Quantize.FASTOCTREE))
