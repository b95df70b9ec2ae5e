"""Loading a model needs nothing to be imported first."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "siamese_lib"

ASK = """
import json
from siamese_lib.network.siamese import load_model
from siamese_lib.network.backend import keras
print(json.dumps([name for name in keras.saving.get_custom_objects() if "siamese" in name]))
"""


def test_whoever_can_load_a_model_has_every_class_that_may_be_in_its_file() -> None:
    registered = [
        f"siamese_lib>{statement.name}"
        for file in LIBRARY.rglob("*.py")
        for statement in ast.walk(ast.parse(file.read_text()))
        if isinstance(statement, ast.ClassDef)
        if any("register_keras_serializable" in ast.unparse(d) for d in statement.decorator_list)
    ]
    fresh = subprocess.run(
        [sys.executable, "-c", ASK], cwd=LIBRARY.parent, check=True, capture_output=True, text=True
    )
    assert "siamese_lib>Muon" in registered
    assert sorted(json.loads(fresh.stdout.splitlines()[-1])) == sorted(registered)
