"""Make the moving picture at the top of the README: ``make picture``.

It is the film of a 2-D training of 300 steps, with 2,000 test images, as a GIF.
"""

from __future__ import annotations

import siamese_lib as sl
from benchmarks.recipes.ours import Recipe, full_mnist, train
from benchmarks.tools.results import RESULTS


def main() -> None:
    """Train, and write the GIF."""
    digits = full_mnist()
    run = train(Recipe(embedding_dim=2, steps=300), digits).run
    path = sl.export_gif(run, digits, RESULTS / "converge.gif")
    print(f"{path.name}: {len(run)} frames, {path.stat().st_size / 1e6:.2f} MB")
    print(sl.evaluate(run, digits))


if __name__ == "__main__":
    main()
