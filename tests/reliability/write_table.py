"""Write ``README.md`` next to this file from the tables of faults."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path += [str(here.parent), str(here)]  # as pytest does
    from test_faults import page

    (here / "README.md").write_text(page(), encoding="utf-8")
