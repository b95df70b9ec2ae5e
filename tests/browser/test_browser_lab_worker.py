"""The laboratory's worker in a page opened from disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import chromium, note_faults
from in_node import in_node

from siamese_lib.views.script import Script

pytestmark = pytest.mark.browser

LAB = Path(__file__).parents[2] / "siamese_lib/lab"
DATA = """
const labels = Array.from({ length: 20 }, (_, i) => i % 4);
const images = Uint8Array.from({ length: 784 * 20 }, (_, i) => (i * i * 31) % 251);
const data = { shape: [28, 28, 1], images, labels, shown: { images, labels } };
"""
# Play, change the margin, pause, and return the last frame with the state that led there.
PLAYED = """async (code) => {
  %s
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  try {
    return await new Promise((resolve, reject) => {
      let state;
      worker.onerror = () => reject(new Error("the worker failed"));
      worker.onmessage = ({ data: message }) => {
        if (message.type === "error") reject(new Error(message.text));
        if (message.state) state = message.state;
        if (message.type === "changed") worker.postMessage({ type: "pause" });
        if (message.type !== "frame") return;
        const { step, playing, points } = message;
        if (step > 0 && playing && !state.changes.length) {
          worker.postMessage({ type: "change", name: "margin", value: 2 });
        } else if (step > 0 && !playing) resolve({ state, step, points: [...points] });
      };
      worker.postMessage({ type: "state", state: { batch: 8, seed: 3 }, data });
      worker.postMessage({ type: "play" });
    });
  } finally {
    worker.terminate();
  }
}"""
AGAIN = """({ state, step }) => {
  %s
  const run = new LabRun(data, state);
  while (run.step < step) run.advance();
  return [...run.frame().points];
}"""


def test_what_a_page_plays_is_what_node_trains_from_its_state(tmp_path: Path) -> None:
    entry = tmp_path / "worker.js"
    up = "../" * (len(tmp_path.resolve().parts) - 1)
    module = up + str(LAB.resolve() / "lab_worker.js")[1:]
    entry.write_text(f'import {{ serveLab }} from "{module}";\nserveLab();\n')
    page_file = tmp_path / "page.html"
    page_file.write_text("<!doctype html><title>laboratory</title>")
    faults: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        note_faults(page, faults)
        page.goto(page_file.as_uri())
        found = page.evaluate(PLAYED.replace("%s", DATA), str(Script(entry)))
    assert faults == []
    assert [change["name"] for change in found["state"]["changes"]] == ["margin"]
    given = {"state": found["state"], "step": found["step"]}
    expected = in_node("lab/lab_run.js", "LabRun", AGAIN.replace("%s", DATA), given)
    assert json.dumps(found["points"]) == json.dumps(expected)
