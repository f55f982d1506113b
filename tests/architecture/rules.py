"""The house rules as functions from source text to offences, so that each can be seen to fail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "layerkeep"

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
ARGUMENTS_MAX = 5
NESTING_MAX = 3
FOLDER_ENTRIES_MAX = 25
LINE_MAX = 100

BANNED_WORDS = (
    "manager",
    "service",
    "handler",
    "helper",
    "util",
    "utils",
    "base",
    "common",
    "data",
    "info",
)
FOREIGN_NAMES = {"get_command"}
"""Names that a library's class asks us to override."""

CORE_THIRD_PARTY = {"brotli", "msgspec", "sha3"}
IMPURE_CALLS = {"open", "print", "input", "hash", "id", "eval", "exec", "breakpoint"}
NESTING = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)


def python_files(folder: Path = SOURCE) -> list[Path]:
    """Every Python file of the package."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def size_offences(source: str) -> list[str]:
    """What is larger than STYLE allows."""
    found = []
    lines = source.splitlines()
    if len(lines) > FILE_LINES_MAX:
        found.append(f"file has {len(lines)} lines")
    found += [
        f"line {n} has {len(line)}" for n, line in enumerate(lines, 1) if len(line) > LINE_MAX
    ]
    for function in functions(ast.parse(source)):
        assert function.end_lineno is not None
        length = function.end_lineno - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            found.append(f"{function.name} has {length} lines")
        count = _argument_count(function)
        if count > ARGUMENTS_MAX:
            found.append(f"{function.name} takes {count} arguments")
        depth = _depth(function)
        if depth > NESTING_MAX:
            found.append(f"{function.name} is nested {depth} deep")
    return found


def _argument_count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    own = [name for name in names if name not in ("self", "cls")]
    is_command = any("command" in ast.unparse(each) for each in function.decorator_list)
    return 0 if is_command else len(own) + len(function.args.kwonlyargs)


def _depth(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        is_elif = isinstance(node, ast.If) and child in node.orelse and isinstance(child, ast.If)
        step = 1 if isinstance(child, NESTING) and not is_elif else 0
        deepest = max(deepest, _depth(child, depth + step))
    return deepest


def purity_offences(source: str) -> list[str]:
    """What code that only decides or translates must not do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append(f"line {node.lineno}: async")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in IMPURE_CALLS:
                found.append(f"line {node.lineno}: {node.func.id}()")
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Set):
            found.append("loop over a set literal")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"line {node.lineno}: a float")
    return found


def third_party(source: str) -> set[str]:
    """The packages a file imports that are neither ours nor Python's own."""
    import sys

    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"layerkeep"}


def name_offences(path: str, source: str) -> list[str]:
    """Vague names of files, classes and functions."""
    found = []
    stem = path.rsplit("/", 1)[-1].removesuffix(".py")
    if set(stem.lower().split("_")) & set(BANNED_WORDS) and stem != "chain_data":
        found.append(f"file {stem}")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            words = re.findall(r"[A-Z][a-z]+", node.name)
            if {word.lower() for word in words} & set(BANNED_WORDS):
                found.append(f"class {node.name}")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.name.startswith("get_") and node.name not in FOREIGN_NAMES
        ):
            found.append(f"function {node.name}")
    return found
