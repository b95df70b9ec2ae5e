"""Join ES modules into one, as a widget takes a single module and a page on disk cannot import any.

The sources are plain modules, which a browser, Node and a type checker read as they are. `Script`
follows the imports of one of them, the entry, and puts the imported modules before it. It does so
when a widget is first made or a page is first written, so there is no build. JSDoc comments on
lines of their own, which hold types and take a third of the bytes, are left out.

A statement at the top level begins its line, as prettier writes it. Imports, exports and
declarations have one of these forms; an error is raised for any other::

    import { name, another } from "./file.js";
    const, let, class, function or async function, of one name, with or without export
    export default                                  (in the entry, of an expression)

Other statements, such as calls, are kept. They run in the order of the imports.
"""

from __future__ import annotations

import functools
import os.path
import re
from dataclasses import dataclass, field
from pathlib import Path

# Both begin with the line break before them, which is found faster than the beginning of a line.
_TYPES = re.compile(r"\n */\*\*[^*]*(?:\*(?!/)[^*]*)*\*/(?=\n)")
_TOP = re.compile(r"\n(?:import\b[^;]*;|(?:export|const|let|var|class|async|function)\b.*)")
_IMPORT = re.compile(r'import \{([\w\s,]+)\} from "(\.\.?/[^"]+)";')
_DECLARATION = re.compile(
    r"(export )?((?:(const|let)|class|(?:async )?function) ([\w$]+)(?![\w$]).*)"
)
_DEFAULT = re.compile(r"export default (?!(?:async )?function\b|class\b).*")
# The signs that matter to `_has_comma`, and what it skips whole: comments, strings and regular
# expressions.
_CODE = re.compile(
    r"""//.*|/\*[\s\S]*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"|(?:(?<=[=(\[,:?!&|>] )|(?<=[(\[!]))/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/"
    r"|[`()\[\]{},;]"
)
_TEMPLATE = re.compile(r"\\[\s\S]|`|\$\{")


class ScriptError(ValueError):
    """A module cannot be joined with the modules that it imports."""


class Script:
    """Modules and all that they import, as one module without imports: ``str(script)``.

    Only the entries' exports remain. The files of an entry are read once in a process.

    Args:
        entry: path of the module to begin with.
        more: paths of other modules to add, which may import the same ones.

    Raises:
        ScriptError: (a ValueError, raised by ``str(script)``) a file is missing, imports form a
            circle, a name is imported that is not exported, two modules declare the same name at
            their top level, or an import, export or declaration has another form than those above.
    """

    def __init__(self, entry: Path, *more: Path) -> None:
        self.entry, self.more = entry, more

    def __str__(self) -> str:
        """Join the modules."""
        return _joined(*map(os.path.abspath, (self.entry, *self.more)))


@dataclass
class _Module:
    """A module without its import lines, and without its exports unless it is the entry."""

    path: str
    text: str = ""
    imports: list[tuple[str, list[str]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    exports: set[str] = field(default_factory=set)


@functools.cache
def _joined(*entries: str) -> str:
    modules: dict[str, _Module] = {}
    for entry in entries:
        _collect(entry, (), modules)
    owners: dict[str, str] = {}
    for module in modules.values():
        for name in module.names:
            owner = owners.setdefault(name, module.path)
            if owner != module.path:
                raise ScriptError(f"{owner} and {module.path} both declare {name}. Rename one.")
    return "\n".join(module.text for module in modules.values())


def _collect(path: str, importers: tuple[str, ...], modules: dict[str, _Module]) -> None:
    """Add a module to `modules`, after all that it imports."""
    if path in importers:
        circle = (*importers[importers.index(path) :], path)
        raise ScriptError(f"imports form a circle: {' imports '.join(circle)}.")
    if path in modules:
        return
    module = _read(path, importers)
    for other, names in module.imports:
        _collect(other, (*importers, path), modules)
        for name in names:
            if name not in modules[other].exports:
                raise ScriptError(f"{path} imports {name}, which {other} does not export.")
    modules[path] = module


def _read(path: str, importers: tuple[str, ...]) -> _Module:
    """Read a module; one without importers is the entry, which keeps its exports."""
    module = _Module(path)

    def changed(match: re.Match[str]) -> str:
        line = match[0][1:]
        if found := _IMPORT.fullmatch(line):
            names = [name.strip() for name in found[1].rstrip(", \n").split(",")]
            if all(map(str.isidentifier, names)):
                other = os.path.normpath(os.path.join(os.path.dirname(path), found[2]))
                module.imports.append((other, names))
                return ""
        elif (found := _DECLARATION.fullmatch(line)) and not (found[3] and _has_comma(match)):
            export, declaration, _, name = found.groups()
            module.names.append(name)
            if export:
                module.exports.add(name)
            return f"\n{declaration}" if importers else match[0]
        elif _DEFAULT.fullmatch(line) and not importers:
            return match[0]
        raise ScriptError(
            f"{path} cannot be joined: {line!r} has a form that is not supported. Write "
            'import { name } from "./file.js"; and declare one name at a time, with const, let, '
            "class or function."
        )

    try:
        with open(path, encoding="utf-8") as file:
            source = f"\n{file.read()}"
    except OSError as error:
        asked = f", which {importers[-1]} imports," if importers else ""
        raise ScriptError(f"{path}{asked} cannot be read: {error.strerror}.") from None
    module.text = _TOP.sub(changed, _TYPES.sub("", source))[1:]
    return module


def _has_comma(declaration: re.Match[str]) -> bool:
    """Return whether a const or let has a comma outside all brackets, so that it has more names."""
    text, at = declaration.string, declaration.start()
    within: list[str] = []  # brackets and templates that are open
    while sign := (_TEMPLATE if within[-1:] == ["`"] else _CODE).search(text, at):
        at, found = sign.end(), sign[0]
        if found in (")", "]", "}") or (found == "`" and within[-1:] == ["`"]):
            if not within:
                break
            within.pop()
        elif found in ("(", "[", "{", "${", "`"):
            within.append(found)
        elif not within and found in (",", ";"):
            return found == ","
    return False
