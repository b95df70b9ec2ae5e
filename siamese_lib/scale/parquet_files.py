"""The files of embedded files, in Parquet: parts of the list of files, and of the embeddings.

`siamese_lib.scale.embedded_folder` says what is in them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_lib.scale.extras import needed_for
from siamese_lib.scale.file_list import Listed


def packed_list(files: Sequence[Listed]) -> bytes:
    """Return the content of a file that lists files."""
    sizes, times = zip(*[each.stamp for each in files], strict=True)
    return _packed({**_columns(files), "size": sizes, "changed": times})


def packed_part(
    files: Sequence[Listed], embeddings: np.ndarray, reasons: Sequence[str | None]
) -> bytes:
    """Return the content of a part's file.

    Args:
        files: the files of the part.
        embeddings: float32 (n, dim), of those that could be read, in order.
        reasons: for each file, why it could not be read, or None.
    """
    arrow = arrow_package()
    good = [file for file, reason in zip(files, reasons, strict=True) if reason is None]
    skipped = [
        (str(file.path), why) for file, why in zip(files, reasons, strict=True) if why is not None
    ]
    flat = arrow.array(np.ascontiguousarray(embeddings).reshape(-1))
    vectors = arrow.FixedSizeListArray.from_arrays(flat, embeddings.shape[1])
    columns = {**_columns(good), "embedding": vectors}
    return _packed(columns, {"skipped": json.dumps(skipped)})


def unpacked_part(path: Path) -> tuple[list[Listed], NDArray[np.float32]]:
    """Return the files of a part that could be read, and their embeddings, float32 (n, dim).

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    import pyarrow.parquet as parquet  # waits: an optional package, siamese-lib[scale]

    table = parquet.read_table(path, page_checksum_verification=True)
    vectors = table["embedding"].combine_chunks()
    dim = vectors.type.list_size
    return _listed(table), vectors.flatten().to_numpy().reshape(-1, dim)


def known_of_part(path: Path) -> tuple[int, dict[Path, str]]:
    """Return how many embeddings a part has, and which files it left out and why.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    import pyarrow.parquet as parquet  # waits: an optional package, siamese-lib[scale]

    found = parquet.read_metadata(path)
    skipped = json.loads((found.metadata or {}).get(b"skipped", b"[]"))
    return found.num_rows, {Path(file): why for file, why in skipped}


def unpacked_list(content: bytes) -> list[Listed]:
    """Return the files of a list that was packed. ValueError if it is damaged."""
    import pyarrow.parquet as parquet  # waits: an optional package, siamese-lib[scale]

    table = parquet.read_table(BytesIO(content), page_checksum_verification=True)
    stamps = zip(table["size"].to_pylist(), table["changed"].to_pylist(), strict=True)
    return [each._replace(stamp=stamp) for each, stamp in zip(_listed(table), stamps, strict=True)]


def arrow_package() -> Any:
    """Import Arrow.

    Raises:
        ImportError: it is not installed.
    """
    with needed_for("Embedding files"):
        import pyarrow  # waits: an optional package, siamese-lib[scale]
    return pyarrow


def _listed(table: Any) -> list[Listed]:
    paths, labels = table["path"].to_pylist(), table["label"].to_pylist()
    return [Listed(Path(os.fsdecode(p)), label) for p, label in zip(paths, labels, strict=True)]


def _columns(files: Sequence[Listed]) -> dict[str, Any]:
    arrow = arrow_package()
    paths = arrow.array([os.fsencode(each.path) for each in files], arrow.binary())
    return {"path": paths, "label": arrow.array([f.label for f in files], arrow.string())}


def _packed(columns: dict[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    import pyarrow.parquet as parquet  # waits: an optional package, siamese-lib[scale]

    arrow = arrow_package()
    table = arrow.table(columns)
    buffer = BytesIO()
    parquet.write_table(
        table.replace_schema_metadata(metadata),
        buffer,
        compression="zstd",
        use_dictionary=["label"],
        write_statistics=False,
        write_page_checksum=True,
    )
    return buffer.getvalue()
