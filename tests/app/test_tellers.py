"""Who told which blocks, so that a liar's can be read again."""

from layerkeep.app.integrity.tellers import DOUBTED, TURNS, Tellers


def tellers(*turns: tuple[int, str]) -> Tellers:
    """These upstreams told the blocks from these heights on."""
    found = Tellers()
    for first, via in turns:
        found.told(first, via)
    return found


def test_lowest__of_an_upstream__is_where_its_first_turn_began():
    """A turn lasts until the next one's first block."""
    found = tellers((10, "a"), (12, "a"), (20, "b"), (30, "a"))
    assert 10 == found.lowest("a", 40)
    assert 20 == found.lowest("b", 40)
    assert found.lowest("c", 40) is None
    assert tellers().lowest("a", 40) is None


def test_lowest__far_below_the_newest__is_bounded():
    """Turns that ended long ago are left as they are, a long one is cut."""
    newest = 20 + DOUBTED
    found = tellers((1, "a"), (20, "b"))
    assert 20 == found.lowest("b", newest)
    assert found.lowest("a", newest) is None
    assert 30 == found.lowest("b", newest + 10)


def test_cut__forgets_the_turns_above():
    """Blocks that are read again are told by whoever tells them then."""
    found = tellers((10, "a"), (20, "b"))
    found.cut(15)
    assert found.lowest("b", 15) is None
    found.told(16, "c")
    assert (10, 16) == (found.lowest("a", 20), found.lowest("c", 20))
    found.cut(9)
    assert found.lowest("a", 20) is None


def test_turns__of_many_changes__are_bounded():
    """The oldest are forgotten first."""
    found = tellers(*((height, "ab"[height % 2]) for height in range(2 * TURNS)))
    assert TURNS == found.lowest("ab"[TURNS % 2], 2 * TURNS)
