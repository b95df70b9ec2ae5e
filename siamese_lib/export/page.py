"""Write a page in one file, with a film and a search that runs in the page.

The file holds `page.js` with all that it imports as one script, two style sheets, and one block of
JSON, in which ``{"base64": text}`` stands for bytes:

``view``
    what `Film.payload` returns, without images.
``images``, ``gallery.images``
    ``shape`` and either ``data``, uint8 (N, H, W, 1 or 3) deflated, or ``sheets``, WebP pictures
    with 50 images in a row and up to 50 rows.
``queries``, ``gallery.embeddings``
    float32 (N, ``dim``), little-endian: the last frame in full precision.
``gallery.labels``
    uint16 (N,).
``rows``, ``gallery.rows``
    uint32 (N,), the numbers of the images in their data set; None if they count from 0.
``k``, ``metric``
    number of neighbours and metric at first.
``cosine``
    whether cosine distance is available.
``classes``
    number of classes that the gallery has.
``playing``
    whether the film plays when the page opens.
``facts``
    a line of text to show.
``drawing``
    what `drawing_of` returns: the tower at the last frame and at the others, where its embeddings
    lie on the map, and ink and ground for a drawing; or None.
``links``
    for ``queries`` and ``gallery``, where each picture's file is, "" for nowhere; or None.

No text from outside can become markup. The JSON has none of the characters that could end its
element, and the script inserts text only as text. A content security policy allows only the script
with this hash to run, and lets the page load nothing from a network.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from siamese_lib.images import sheet
from siamese_lib.texts import located
from siamese_lib.views.script import Script
from siamese_lib.views.style import MAP_SHEETS, Style

_WORKER = " 'wasm-unsafe-eval'; worker-src blob:"
_HERE = Path(__file__).parent
_SCRIPT = Script(_HERE / "page.js")
_STYLE = Style(*MAP_SHEETS, _HERE / "page.css")
_EXACT = 3_500_000  # bytes: larger deflated images are replaced by WebP
_QUALITIES = (85, 70, 55, 40, 25)
_ACROSS = 50  # images in a row of a sheet, and the most rows


def page(
    title: str, data: Mapping[str, Any], still: bytes, *, above: str = "", below: str = ""
) -> bytes:
    """Write the page.

    Args:
        title: of the page.
        data: what the JSON block holds, with bytes as bytes.
        still: a PNG, to be shown where no JavaScript runs.
        above, below: markup before and after the film and the search. Its texts are escaped.

    Returns:
        The content of the file.
    """
    return filled(
        "search_page.html", title, str(_SCRIPT), str(_STYLE), data, still, above=above, below=below
    )


def filled(
    body: str,
    title: str,
    script: str,
    style: str,
    data: Mapping[str, Any],
    still: bytes,
    *,
    worker: bool = False,
    **markup: str,
) -> bytes:
    """Fill in a page.

    Args:
        body: name of the file with the page's body; the names of its parts stand in braces.
        title: of the page.
        script: a module, the only one that may run there.
        style: sheets.
        data: what the JSON block holds, with bytes as bytes.
        still: a PNG, to be shown where no JavaScript runs.
        worker: whether the script begins a worker, from a text in its data, that runs WebAssembly.
        markup: other parts. Their texts are escaped.
    """
    script = f"\n{script}\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "policy": f"default-src 'none'; script-src 'sha256-{digest}'{_WORKER * worker}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        "title": html.escape(title),
        "style": style,
        "still": base64.b64encode(still).decode(),
        "data": json_in_html(data),
        "script": script[1:-1],
        **markup,
    }
    known = re.compile("|".join(f"{{{name}}}" for name in parts))
    whole = _read(_HERE / "page.html").replace("{body}", _read(_HERE / body))
    return known.sub(lambda match: parts[match[0][1:-1]], whole).encode()


def checked_path(path: str | os.PathLike[str], suffixes: Sequence[str]) -> Path:
    """Return the path of a file to write, and create its folder.

    Raises:
        ValueError: the path has none of the suffixes, or is a folder.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(
            f"path is {str(path)!r}; expected a name that ends in {' or '.join(suffixes)}."
        )
    if path.is_dir():
        raise ValueError(
            f"{located(path)} is a folder; expected the name of a file. Choose another path."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def json_in_html(value: Any) -> str:
    """Write JSON for a script element: ASCII without ``<>&``, and bytes as base64."""
    text = json.dumps(value, default=_as_text, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", text)


def packed(images: np.ndarray) -> dict[str, Any]:
    """Pack uint8 images (N, H, W, 1 or 3), exactly if that is small enough, else as WebP sheets."""
    data = zlib.compress(images.tobytes(), 6)
    shape = list(images.shape)
    if len(data) <= _EXACT:
        return {"shape": shape, "data": data}
    sheets: list[bytes] = []
    for quality in _QUALITIES:
        parts = range(0, len(images), _ACROSS**2)
        sheets = [_webp(sheet(images[i : i + _ACROSS**2], _ACROSS), quality) for i in parts]
        if sum(map(len, sheets)) <= _EXACT:
            break
    return {"shape": shape, "sheets": sheets}


def _webp(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def _as_text(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
