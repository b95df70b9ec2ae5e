"""The springs in a real JupyterLab: the page and Python share one state."""

from __future__ import annotations

import pytest
from browser import Lab

import siamese_lib as sl

pytestmark = pytest.mark.browser

CELLS = [
    "import siamese_lib as sl\nview = sl.Springs()\nview",
    "print(view.state['step'], round(view.loss, 4))",
    "view.state = {'push': False, 'running': True}",
    "print(view.state['step'] > 9, view.state['selected'], view.radius < 0.005)",
]


def test_jupyterlab_and_python_share_the_state(lab: Lab) -> None:
    with lab.notebook("springs", CELLS, 1100, 1000) as notebook:
        notebook.run(0)
        root = notebook.cell(0).locator(".siamese-springs")
        root.get_by_role("button", name="Step", exact=True).click()
        page = notebook.page
        page.wait_for_function("document.querySelector('.sp-step').textContent === 'step 1'")
        page.wait_for_timeout(500)
        after = sl.Springs()
        after.take_steps(1)
        assert notebook.run(1).strip() == f"1 {after.loss:.4f}"
        cells = page.locator(".jp-Notebook .jp-Cell").count()
        root.locator('[data-point="4"]').click()
        for key in ("a", "b", "d", "d", "ArrowUp", "ArrowDown"):
            page.keyboard.press(key)
        page.wait_for_timeout(500)
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells
        assert page.evaluate("document.activeElement.dataset.point") == "4"
        notebook.run(2)
        page.wait_for_function(
            "document.querySelector('.sp-words').textContent.startsWith('Collapse')"
        )
        page.wait_for_timeout(500)
        assert notebook.run(3).strip() == "True 4 True"
