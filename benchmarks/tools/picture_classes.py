"""Make the folders ``emoji`` and ``icons`` of the part ``pictures_unseen`` from public packages.

A class is one emoji, or the name of an icon, and its pictures are those of several makers. Where a
maker took over the drawing of another, it counts once. Classes of four drawings or more are kept::

    npm pack emoji-datasource-apple emoji-datasource-google \\
        emoji-datasource-twitter emoji-datasource-facebook
    python -m benchmarks.tools.picture_classes emoji FOLDER emoji-datasource-*.tgz

    apt-get download {elementary-xfce,faenza,gnome,lxde,mate,moka,oxygen,tango}-icon-theme
    dpkg -x EACH.deb themes
    python -m benchmarks.tools.picture_classes icons FOLDER \\
        themes/usr/share/icons/{elementary-xfce,Faenza,gnome,mate,Moka,nuoveXT2,oxygen,Tango}

FOLDER is what ``SIAMESE_FOLDERS`` names afterwards.
"""

from __future__ import annotations

import io
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

EMOJI_SIDE, ICON_SIDE = 64, 48  # pixels
FEWEST = 4  # makers of a class
NEAR = 0.03  # pictures that differ less, on average over pixels, are copies of one drawing

Picture = tuple[str, str, bytes]  # class, maker, PNG file


def emoji(packages: Iterable[Path]) -> Iterator[Picture]:
    """Yield the emoji in npm's packages ``emoji-datasource-MAKER``; no variants of skin colour."""
    for package in packages:
        with tarfile.open(package) as archive:
            for member in archive:
                parts = Path(member.name).parts
                if parts[1:2] != ("img",) or parts[3:4] != (str(EMOJI_SIDE),):
                    continue
                name, file = Path(parts[-1]).stem, archive.extractfile(member)
                if file and not re.search(r"1f3f[b-f]", name):
                    yield name, parts[2], file.read()


def icons(themes: Iterable[Path]) -> Iterator[Picture]:
    """Yield the icons of themes: of each name the PNG file that is nearest to 48 pixels.

    Links are left out, as they are second names of other icons.
    """
    for theme in themes:
        best: dict[str, tuple[int, Path]] = {}
        for path in sorted(theme.rglob("*.png")):
            side = re.search(r"/(\d+)(?:x\d+)?/", path.as_posix())
            if side and not path.is_symlink() and not path.stem.endswith("-symbolic"):
                away = abs(int(side[1]) - ICON_SIDE)
                best[path.stem] = min(best.get(path.stem, (away, path)), (away, path))
        for name, (away, path) in best.items():
            if away <= ICON_SIDE // 2:
                yield name, theme.name, path.read_bytes()


def write(pictures: Iterable[Picture], folder: Path) -> int:
    """Write each class that enough makers drew each in their way; return the number of classes."""
    classes: dict[str, list[tuple[str, bytes, np.ndarray]]] = defaultdict(list)
    for name, maker, data in pictures:
        look = thumbnail(data)
        if all(np.abs(look - other).mean() > NEAR for _, _, other in classes[name]):
            classes[name].append((maker, data, look))
    kept = {name: files for name, files in classes.items() if len(files) >= FEWEST}
    for name, files in kept.items():
        (folder / name).mkdir(parents=True)
        for maker, data, _ in files:
            (folder / name / f"{maker}.png").write_bytes(data)
    return len(kept)


def thumbnail(data: bytes) -> np.ndarray:
    """Return a PNG file's picture on white, float32 (32, 32, 3), 0 to 1."""
    picture = Image.open(io.BytesIO(data)).convert("RGBA").resize((32, 32))
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"), np.float32) / 255


if __name__ == "__main__":
    kind, target, *sources = sys.argv[1:]
    found = {"emoji": emoji, "icons": icons}[kind](map(Path, sources))
    print(f"{write(found, Path(target, kind)):,} classes")
