"""The tree of errors is the one drawn in its docstring."""

import inspect

from layerkeep.core import errors


def _drawn() -> list[tuple[int, str]]:
    lines = (errors.__doc__ or "").splitlines()
    tree = [line for line in lines if line.strip().split(":")[0].isidentifier() and "Error" in line]
    tree += [
        line
        for line in lines
        if line.strip() in ("RpcTimeout", "RpcRefused", "RpcLimited", "RpcLied")
    ]
    order = {line: index for index, line in enumerate(lines)}
    return [
        ((len(line) - len(line.lstrip())) // 4, line.strip().split(":")[0])
        for line in sorted(set(tree), key=order.__getitem__)
    ]


def test_tree__drawn__equals_the_classes():
    """Each class stands under its parent, in the drawing as in the code."""
    parents: list[str] = []
    drawn = {}
    for depth, name in _drawn():
        parents[depth:] = [name]
        drawn[name] = parents[depth - 1] if depth else "Exception"
    classes = {
        name: each.__bases__[0].__name__
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, Exception)
    }

    assert classes == drawn
