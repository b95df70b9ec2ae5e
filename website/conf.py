"""How Sphinx makes pages of the chapters; `website.__main__` says where they are."""

from __future__ import annotations

from typing import Any

from latex2mathml.converter import convert

project = "Siamese networks you can watch"
html_title = project
extensions = ["myst_nb"]
exclude_patterns: list[str] = []
language = "en"

# The chapters were run already, and their views need no widget manager from a network.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}
nb_output_stderr = "remove"  # TensorFlow's log, which is of this machine
myst_enable_extensions = ["dollarmath"]
# Browsers draw MathML themselves: a script for formulas would be larger than the book.
html_math_renderer = "mathml"

html_theme = "furo"
html_js_files = ["site.js"]
html_css_files = ["site.css"]
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False


def visit_math(self: Any, node: Any) -> None:
    """Write a formula in a line."""
    self.body.append(convert(node.astext()))
    raise _skip()


def visit_displaymath(self: Any, node: Any) -> None:
    """Write a formula of its own."""
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise _skip()


def _skip() -> Exception:
    from docutils.nodes import SkipNode  # Sphinx has it, and it is needed nowhere else

    return SkipNode()


def setup(app: Any) -> dict[str, Any]:
    """Tell Sphinx who writes formulas."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
