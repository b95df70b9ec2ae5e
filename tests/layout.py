"""Check the layout of a package: which file imports which, and how long files and functions are.

Each rule takes a package that was read and returns complaints, each beginning with a file's name.
Imports are found wherever they stand: inside functions, for type checkers only, and as
``import_module("package.module")``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One import of one module.

    Attributes:
        target: the module's name; of the package itself, that of a file of it.
        line: number of the line.
        inside: whether it is in a function.
        typed: whether it is for type checkers only, as all of a stub are.
        comment: the comment on its line and on the one above.
    """

    target: str
    line: int
    inside: bool
    typed: bool
    comment: str


@dataclass(frozen=True)
class Module:
    """One file.

    Attributes:
        file: its path from the root, with slashes.
        tree: parsed.
        imports: all of them.
    """

    file: str
    text: str
    tree: ast.Module
    imports: Sequence[Import]


def read(root: Path, package: str) -> dict[str, Module]:
    """Read all Python files of a package, stubs too, by the names of the modules.

    What a stub imports is added to the module it describes.
    """
    files: dict[str, list[Path]] = {}
    for path in sorted([*(root / package).rglob("*.py"), *(root / package).rglob("*.pyi")]):
        parts = path.relative_to(root).with_suffix("").parts
        files.setdefault(".".join(p for p in parts if p != "__init__"), []).append(path)
    modules = {}
    for name, (path, *stubs) in files.items():
        text, imports = path.read_text(encoding="utf-8"), []
        for each in (path, *stubs):
            within = name if each.stem == "__init__" else name.rpartition(".")[0]
            names = _imports(each.read_text(encoding="utf-8"), within, files)
            imports += (replace(i, typed=True) for i in names) if each in stubs else names
        modules[name] = Module(path.relative_to(root).as_posix(), text, ast.parse(text), imports)
    return modules


def _imports(text: str, package: str, known: Mapping[str, object]) -> Iterator[Import]:
    """Find the imports in the text of a file of `package`."""
    comments = _comments(text)

    def walk(node: ast.AST, inside: bool, typed: bool) -> Iterator[Import]:
        for target, line in _targets(node, package, known):
            words = " ".join(comments[n] for n in (line - 1, line) if n in comments)
            yield Import(target, line, inside, typed, words)
        inside = inside or isinstance(node, Function | ast.Lambda)
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    checked = isinstance(node, ast.If) and name == "body" and _for_types(node.test)
                    yield from walk(child, inside, typed or checked)

    return walk(ast.parse(text), False, False)


def _for_types(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in ast.unparse(test)


def _targets(node: ast.AST, package: str, known: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    """Name the modules that a statement or call imports, and the lines of their names."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, alias.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        source = ".".join([*(above if node.level else []), *filter(None, [node.module])])
        for alias in node.names:
            below = f"{source}.{alias.name}"
            yield below if below in known else source, alias.lineno
    elif isinstance(node, ast.Call) and node.args:
        called, first = ast.unparse(node.func).rpartition(".")[2], node.args[0]
        if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
            yield str(first.value), node.lineno


def _comments(text: str) -> dict[int, str]:
    """Find the comments, by line."""
    found: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = token.string
    return found


# --- imports -------------------------------------------------------------------------------------


def upward(
    modules: Mapping[str, Module], layers: Mapping[str, float], restricted: Mapping[str, set[str]]
) -> list[str]:
    """Find imports that are not from a lower layer, and files that are in no layer.

    Args:
        modules: of one package.
        layers: by the name of a folder or file in the package; "" is its own ``__init__.py``.
        restricted: folders that not every higher layer may import, and who may import them.
    """
    complaints = []
    for name, module in modules.items():
        package, here = name.split(".")[0], _place(name)
        if here not in layers:
            complaints.append(f"{module.file} is in no layer")
            continue
        for each in module.imports:
            there = _place(each.target)
            if each.target.split(".")[0] != package or there == here:
                continue
            if not layers.get(there, float("inf")) < layers[here]:
                complaints.append(
                    f"{module.file}:{each.line} imports {each.target}, which is in no lower layer"
                )
            elif here not in restricted.get(there, {here}):
                allowed = " and ".join(sorted(name or package for name in restricted[there]))
                complaints.append(
                    f"{module.file}:{each.line} imports {each.target}, which may be imported only "
                    f"by {allowed}"
                )
    return complaints


def _place(name: str) -> str:
    """Name the folder or file of the package that a module is in; "" for its ``__init__.py``."""
    return name.partition(".")[2].partition(".")[0]


def foreign(modules: Mapping[str, Module], packages: Mapping[str, set[str]]) -> list[str]:
    """Find imports of other people's packages that a folder does not name.

    Args:
        modules: of one package.
        packages: by folder, the packages that may be imported there besides Python's own.
    """
    complaints = []
    for name, module in modules.items():
        known = {name.split(".")[0], *sys.stdlib_module_names, *packages.get(_place(name), ())}
        for each in module.imports:
            if each.target.split(".")[0] not in known:
                complaints.append(f"{module.file}:{each.line} imports {each.target}")
    return complaints


def circles(modules: Mapping[str, Module]) -> list[str]:
    """Find files that import each other in a circle."""
    graph = {
        name: {each.target for each in module.imports if each.target in modules} - {name}
        for name, module in modules.items()
    }
    complaints = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]  # each is imported by the next
            complaints.append(" is imported by ".join(modules[name].file for name in circle))
            graph[circle[1]].discard(circle[0])
        else:
            return complaints


def imports_in_functions(modules: Mapping[str, Module], heavy: set[str]) -> list[str]:
    """Find imports inside functions of what is not heavy, or without a comment that says "wait".

    Args:
        modules: of one package.
        heavy: packages that take long to import. So does whatever imports one at its top.
    """
    slow: set[str] = set()  # modules

    def is_slow(target: str) -> bool:
        return target in slow or target.split(".")[0] in heavy

    at_the_top = {
        name: {i.target for i in module.imports if not i.inside and not i.typed}
        for name, module in modules.items()
    }
    while more := {
        name
        for name, targets in at_the_top.items()
        if name not in slow and any(is_slow(target) for target in targets)
    }:
        slow |= more
    return [
        f"{module.file}:{each.line} imports {each.target} inside a function"
        for module in modules.values()
        for each in module.imports
        if each.inside and not (is_slow(each.target) and "wait" in each.comment)
    ]


# --- names of modules ----------------------------------------------------------------------------


def unresolved_names(modules: Mapping[str, Module], public: set[str]) -> list[str]:
    """Find dotted names of the package, in code, texts and comments, that do not exist.

    Args:
        modules: of one or more packages.
        public: names that a package gives to others without a module of that name.
    """
    packages = {name.split(".")[0] for name in modules}
    named = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(packages))})(?:\.\w+)+")
    return [
        f"{module.file}:{number} names {name}"
        for module in modules.values()
        for number, line in enumerate(module.text.splitlines(), start=1)
        for name in named.findall(line)
        if not _is_defined(name, modules, public)
    ]


def _is_defined(name: str, modules: Mapping[str, Module], public: set[str]) -> bool:
    module, rest = name, ""
    while module not in modules:
        module, _, rest = module.rpartition(".")
    if not rest or "." not in module:
        return not rest or rest in public
    return re.search(rf"\b{rest}\b", modules[module].text) is not None


# --- lengths, and __init__.py --------------------------------------------------------------------


def long_files(root: Path, pattern: str, most: int) -> list[str]:
    """Find files of more than so many lines."""
    return [
        f"{path.relative_to(root).as_posix()} has {count} lines"
        for path in sorted(root.glob(pattern))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > most
    ]


def long_functions(modules: Mapping[str, Module], most: int) -> list[str]:
    """Find functions of more than so many lines, without decorators and docstring."""
    return [
        f"{module.file}:{node.lineno} {node.name} has {count} lines"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, Function) and (count := _lines(node)) > most
    ]


def _lines(function: Function) -> int:
    """Count the lines of a function, from its ``def`` on, without its docstring."""
    docstring_lines = 0 if ast.get_docstring(function) is None else _height(function.body[0])
    return _height(function) - docstring_lines


def _height(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - statement.lineno + 1


def init_files_with_code(modules: Mapping[str, Module], allowed: set[str]) -> list[str]:
    """Find an ``__init__.py`` below the package's own that has more than a docstring.

    Args:
        modules: of one package.
        allowed: names of packages that may have more.
    """
    return [
        f"{module.file} is not a docstring only"
        for name, module in modules.items()
        if module.file.endswith("/__init__.py") and "." in name and name not in allowed
        if len(module.tree.body) != 1 or ast.get_docstring(module.tree) is None
    ]
