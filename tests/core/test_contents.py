"""Nodes that tell the same hash must tell the same block."""

import json

import pytest

from layerkeep.core.network.contents import Content, content_of, contradictions


def block(**other):
    """A block as a node tells it."""
    return json.dumps({"hash": "0xAB", "number": "0x1", "stateRoot": "0x01", **other}).encode()


def logs(data="0x01"):
    """Its watched logs."""
    return json.dumps([{"logIndex": "0x0", "address": "0xCC", "topics": [], "data": data}]).encode()


def told(**nodes):
    """The odd ones out among these nodes' answers."""
    contents = {name: content_of(*answers) for name, answers in nodes.items()}
    return [tuple(each) for each in contradictions(contents)]


def test_nodes__that_agree__contradict_nobody():
    """Letters of hex may be of either case."""
    upper = block().replace(b"0xAB", b"0xab")
    assert [] == told(a=(block(), logs()), b=(upper, logs()), c=(block(), logs()))


@pytest.mark.parametrize(
    ("odd", "part"),
    [((block(stateRoot="0x02"), logs()), "header"), ((block(), logs("0x02")), "logs")],
)
def test_one_of_three__that_tells_another_content__is_named(odd, part):
    """With the part that is not what the others tell."""
    assert [("b", part)] == told(a=(block(), logs()), b=odd, c=(block(), logs()))


def test_two_nodes__that_contradict_each_other__are_not_judged():
    """Nobody can say which one lies."""
    assert [] == told(a=(block(), logs()), b=(block(), logs("0x02")))


def test_logs__not_there_yet__are_no_lie():
    """An index may be behind its node."""
    assert [] == told(a=(block(), logs()), b=(block(), b"[]"), c=(block(), logs()))


def test_another_block__is_no_contradiction():
    """Who has another block at this height is on another branch; that is told elsewhere."""
    other = block(hash="0xCD", stateRoot="0x02")
    assert [] == told(a=(block(), logs()), b=(other, logs("0x02")), c=(block(), logs()))


@pytest.mark.parametrize("answer", [b"null", b"<html>", b'{"hash": 1}', b"[1]"])
def test_content__of_what_is_no_block__is_none(answer):
    """A node may answer anything."""
    assert content_of(answer, None) is None
    assert Content("0xab", content_of(block(), None).header, "") == content_of(block(), b"[]")
