"""The small tower in a worker of a page opened from disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import chromium, note_faults
from in_node import in_node

from siamese_lib.views.script import Script

pytestmark = pytest.mark.browser

# Train from a seed on images from a seed, and return all weights.
TRAINED = """({ seed }) => {
  const tower = new SmallTower([28, 28, 1], 2, { seed, output: "sigmoid" });
  const images = Uint8Array.from({ length: 784 * 20 }, (_, i) => (i * i * 31) % 251);
  const labels = Array.from({ length: 20 }, (_, i) => i % 4);
  const settings = { loss: "every_pair", margin: 1, optimizer: "adam", learningRate: 0.003 };
  for (let step = 0; step < 20; step++) tower.step(images, labels, settings);
  return tower.weights().map((array) => [...array]);
}"""
IN_WORKER = """async (code) => {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url);
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(new Error("the worker failed"));
    });
  } finally {
    worker.terminate();
  }
}"""


def test_a_page_from_disk_trains_to_the_same_weights_as_node(tmp_path: Path) -> None:
    entry = tmp_path / "worker.js"
    lab = Path(__file__).parents[2] / "siamese_lib/lab"
    entry.write_text(f'import {{ SmallTower }} from "{imported(tmp_path, lab)}";\n'
                     f"self.postMessage(({TRAINED})({{ seed: 3 }}));\n")  # fmt: skip
    page_file = tmp_path / "page.html"
    page_file.write_text("<!doctype html><title>tower</title>")
    faults: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        note_faults(page, faults)
        page.goto(page_file.as_uri())
        found = page.evaluate(IN_WORKER, str(Script(entry)))
    assert faults == []
    expected = in_node("lab/small_tower.js", "SmallTower", TRAINED, {"seed": 3})
    assert json.dumps(found) == json.dumps(expected)
    assert found != in_node("lab/small_tower.js", "SmallTower", TRAINED, {"seed": 4})


def imported(folder: Path, lab: Path) -> str:
    """Return the path of the tower from a folder, as an import names it."""
    return "../" * (len(folder.resolve().parts) - 1) + str(lab.resolve() / "small_tower.js")[1:]
