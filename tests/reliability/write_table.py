"""Write ``README.md`` next to this file from the tables of faults."""

from __future__ import annotations

from pathlib import Path

from test_faults import page

if __name__ == "__main__":
    Path(__file__).with_name("README.md").write_text(page(), encoding="utf-8")
