"""A page of its own around a `StatefulView`, as an exported page mounts it: without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from siamese_lib.export.page import json_in_html
from siamese_lib.views.stateful import StatefulView

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>view</title>
<style>body {{ margin: 8px; background: Canvas; color-scheme: light dark }}
{style}</style>
<body><main id="here"></main>
<script type="module">
const url = URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }}));
const {{ mount }} = await import(url);
const payload = JSON.parse({payload}, (key, value) => value?.base64 === undefined ? value
  : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)));
window.changes = [];
const onChange = (change) => window.changes.push(structuredClone(change));
window.view = mount(document.getElementById("here"), payload, {{ state: {state}, onChange }});
</script>"""


def write_stateful_page(path: Path, view: StatefulView, **state: Any) -> Path:
    """Write a page that shows a view in its state, with some values changed.

    On the page, `view` is what ``mount`` returned, and `changes` is a list of all it has reported.
    """
    path.write_text(
        _PAGE.format(
            style=view._css,
            script=json_in_html(view._esm),
            payload=json_in_html(json_in_html(view.payload())),
            state=json_in_html({**view.state, **state}),
        ),
        encoding="utf-8",
    )
    return path
