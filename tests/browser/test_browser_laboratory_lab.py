"""The laboratory in a real JupyterLab: the page and Python share one state."""

from __future__ import annotations

import pytest
from browser import Lab

pytestmark = pytest.mark.browser


def test_jupyterlab_and_python_share_the_state(lab: Lab) -> None:
    cells = [
        (
            "import siamese_lib as sl\ndigits = sl.load_dataset(verbose=False)\n"
            "lab = sl.Laboratory(digits, most=1000, shown=100)\nlab"
        ),
        "print(lab.state['step'] > 50, lab.state['playing'], lab.state['dim'])",
        "lab.state = {'dim': 3, 'margin': 2, 'step': 40}",
        "print(lab.state['step'], lab.state['playing'], lab.state['margin'])",
    ]
    with lab.notebook("laboratory", cells, 1280, 1000) as notebook:
        notebook.run(0)
        page, root = notebook.page, notebook.cell(0).locator(".siamese-laboratory")
        root.get_by_role("button", name="Play", exact=True).click()
        at = "step => Number(document.querySelector('.siamese-laboratory').dataset.step) >= step"
        page.wait_for_function(at, arg=60)
        root.get_by_role("button", name="Pause", exact=True).click()
        root.get_by_role("button", name="Play", exact=True).wait_for()
        page.wait_for_timeout(500)
        assert notebook.run(1).strip() == "True False 2"
        notebook.run(2)
        page.wait_for_function(
            "document.querySelector('.sl-moment')?.textContent === 'step 40' && "
            "document.querySelector('[aria-label=dimensions] [aria-pressed=true]').textContent"
            " === '3'"
        )
        page.wait_for_timeout(500)
        assert notebook.run(3).strip() == "40 False 2.0"
