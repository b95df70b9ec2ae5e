"""Join ES modules into one, as a widget takes a single module and a page on disk cannot import any.

The sources are plain modules, which a browser, Node and a type checker read as they are. `Script`
follows the imports of one of them, the entry, and puts the imported modules before it. It does so
when a widget is first made or a page is first written, so there is no build. JSDoc comments on
lines of their own, which hold types and take a third of the bytes, are left out.

It understands these forms, at the beginning of a line, and raises an error for any other::

    import { name, another } from "./file.js";
    const, let, class, function or async function, of one name, with or without export
    export default                                  (in the entry)
"""

from __future__ import annotations

import functools
import os.path
import re
from dataclasses import dataclass, field
from pathlib import Path

_TYPES = re.compile(r"^ */\*\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
_TOP = re.compile(
    r"^(?:import\b[^;]*;\n|(?:export|const|let|var|class|async|function)\b.*)", re.MULTILINE
)
_IMPORT = re.compile(r'import \{([\w\s,]+)\} from "(\.\.?/[^"]+)";\n')
_DECLARATION = re.compile(r"(export )?((?:const|let|class|(?:async )?function) (\w+)\b(?!,).*)")


class ScriptError(ValueError):
    """A module cannot be joined with the modules that it imports."""


class Script:
    """A module and all that it imports, as one module without imports: ``str(script)``.

    Only the entry's exports remain. The files of an entry are read once in a process.

    Args:
        entry: path of the module to begin with.

    Raises:
        ScriptError: (a ValueError, raised by ``str(script)``) a file is missing, imports form a
            circle, a name is imported that is not exported, two modules declare the same name at
            their top level, or an import, export or declaration has another form than those above.
    """

    def __init__(self, entry: Path) -> None:
        self.entry = entry

    def __str__(self) -> str:
        """Join the modules."""
        return _joined(self.entry)


@dataclass
class _Module:
    """A module without its import lines, and without its exports unless it is the entry."""

    path: Path
    text: str = ""
    imports: list[tuple[Path, list[str]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    exports: set[str] = field(default_factory=set)


@functools.cache
def _joined(entry: Path) -> str:
    modules: dict[Path, _Module] = {}
    _collect(entry, (), modules)
    owners: dict[str, Path] = {}
    for module in modules.values():
        for name in module.names:
            owner = owners.setdefault(name, module.path)
            if owner is not module.path:
                raise ScriptError(f"{owner} and {module.path} both declare {name}. Rename one.")
    return "\n".join(module.text for module in modules.values())


def _collect(path: Path, importers: tuple[Path, ...], modules: dict[Path, _Module]) -> None:
    """Add a module to `modules`, after all that it imports."""
    if path in importers:
        circle = (*importers[importers.index(path) :], path)
        raise ScriptError(f"imports form a circle: {' imports '.join(map(str, circle))}.")
    if path in modules:
        return
    module = _read(path, importers)
    for other, names in module.imports:
        _collect(other, (*importers, path), modules)
        for name in names:
            if name not in modules[other].exports:
                raise ScriptError(f"{path} imports {name}, which {other} does not export.")
    modules[path] = module


def _read(path: Path, importers: tuple[Path, ...]) -> _Module:
    """Read a module; one without importers is the entry, which keeps its exports."""
    module = _Module(path)

    def changed(match: re.Match[str]) -> str:
        line = match[0]
        if found := _IMPORT.fullmatch(line):
            names = [name.strip() for name in found[1].rstrip(", \n").split(",")]
            if all(map(str.isidentifier, names)):
                other = Path(os.path.normpath(path.parent / found[2]))
                module.imports.append((other, names))
                return ""
        elif found := _DECLARATION.fullmatch(line):
            export, declaration, name = found.groups()
            module.names.append(name)
            if export:
                module.exports.add(name)
            return declaration if importers else line
        elif line.startswith("export default ") and not importers:
            return line
        raise ScriptError(
            f"{path} cannot be joined: {line.strip()!r} has a form that is not supported. Write "
            'import { name } from "./file.js"; and declare one name at a time, with const, let, '
            "class or function."
        )

    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        asked = f", which {importers[-1]} imports," if importers else ""
        raise ScriptError(f"{path}{asked} cannot be read: {error.strerror}.") from None
    module.text = _TOP.sub(changed, _TYPES.sub("", source))
    return module
