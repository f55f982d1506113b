"""The search for the first height at which upstreams part ends with it, whatever they answer."""

import pytest

from layerkeep.core.network.agreement import Parting, agree, differ, minority


def chain(name: str, parts_at: int, *, lowest: int = 0, lies: frozenset[int] = frozenset()):
    """A node's blocks: everybody's below a height, its own from there on, lies among them."""

    def block(height: int) -> str:
        if height < lowest:
            return ""
        return f"{name} {height}" if height >= parts_at or height in lies else f"same {height}"

    return block


def search(nodes, top: int, lowest: int = 0):
    """The finished search, and how many heights were asked for."""
    told = {name: block(top) for name, block in nodes.items()}
    parting = Parting(top, told, lowest)
    asked = 0
    while (height := parting.next_height) is not None:
        assert height not in parting.answers
        parting.take({name: nodes[name](height) for name in parting.upstreams})
        asked += 1
        assert asked < 100
    return parting, asked


@pytest.mark.parametrize("first", [0, 1, 2, 499, 500, 777, 995, 999, 1000])
def test_search__one_fork__ends_with_its_first_block(first):
    """Whatever the depth, and in some twenty questions."""
    nodes = {"a": chain("a", 10**6), "b": chain("b", 10**6), "c": chain("c", first)}
    parting, asked = search(nodes, 1000)

    assert first == parting.found
    assert ("c",) == minority(parting.answers[first])
    assert () == parting.contradicts()
    assert asked <= 21


def test_search__a_fresh_fork_of_a_long_chain__takes_few_questions():
    """Forks are noticed soon, so the search begins near the top."""
    nodes = {"a": chain("a", 10**9), "b": chain("b", 19_999_990)}
    parting, asked = search(nodes, 20_000_000)

    assert 19_999_990 == parting.found
    assert asked <= 10


def test_search__a_node_without_old_blocks__ends_no_lower_than_they_are_told():
    """Where one of two has no block, nothing is told apart."""
    nodes = {"a": chain("a", 0), "b": chain("b", 0, lowest=600)}
    parting, _ = search(nodes, 1000)

    assert 600 == parting.found


def test_search__a_third_node_without_old_blocks__does_not_hide_the_others():
    """Two are enough to part."""
    nodes = {"a": chain("a", 10**6), "b": chain("b", 300), "c": chain("c", 10**6, lowest=900)}
    parting, _ = search(nodes, 1000)

    assert 300 == parting.found


def test_search__a_node_that_lies_about_some_blocks__ends_and_names_it():
    """Its answers contradict each other: it tells the same block above one that differs."""
    honest = chain("a", 10**6)
    lies = frozenset({1000, 999, 997, 700})
    parting, _ = search({"a": honest, "b": chain("b", 10**6, lies=lies), "c": honest}, 1000)

    assert 997 == parting.found
    assert ("b",) == parting.contradicts()


def test_search__below_the_lowest_height__never_asks():
    """What is final need not be asked again."""
    nodes = {"a": chain("a", 0), "b": chain("b", 0)}
    parting, _ = search(nodes, 1000, lowest=950)

    assert 950 == parting.found
    assert 950 == min(parting.answers)


def test_votes__even_or_missing__name_nobody():
    """A minority is fewer than another group; who has no block has no vote."""
    assert () == minority({"a": "x", "b": "y"})
    assert () == minority({"a": "x", "b": "y", "c": ""})
    assert ("c",) == minority({"a": "x", "b": "x", "c": "y"})
    assert ("c", "d") == minority({"a": "x", "b": "x", "c": "y", "d": "z"})
    assert not differ({"a": "x", "b": ""})
    assert not agree({"a": "x", "b": ""})
    assert agree({"a": "x", "b": "x", "c": ""})
