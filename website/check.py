"""What a finished site must not do: be too large, or ask a network for anything."""

from __future__ import annotations

import re
from pathlib import Path

LARGEST = 60_000_000  # bytes, all files together
# What a browser loads by itself: scripts, sheets, pictures, frames and fonts. Links are not loaded.
_LOADS = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\ssrc=["'](?:https?:)?//[^"']*"""
    r"""|<link\b[^>]*?\shref=["'](?:https?:)?//[^"']*"""
    r"""|(?:url\(|@import\s+)["']?(?:https?:)?//[^"')\s]*"""
)


def complaints(site: Path) -> list[str]:
    """Return what is wrong with a site, a line for each."""
    files = [file for file in site.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    found = []
    if size > LARGEST:
        found.append(f"{site} has {size / 1e6:.1f} MB; expected {LARGEST / 1e6:.0f} MB at most.")
    for file in files:
        if file.suffix not in (".html", ".css"):
            continue
        for load in _LOADS.findall(file.read_text(encoding="utf-8")):
            found.append(f"{file.relative_to(site)} loads from a network: {load[:200]}")
    return found
