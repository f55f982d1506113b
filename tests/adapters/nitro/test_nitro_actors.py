"""The model's stories, told to the view: every kind of message can go all the way."""

from random import Random

import pytest
from nitro_world import ON_CHILD

from layerkeep.adapters.nitro import ADAPTER
from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.core.facts import Anchor, Fact
from layerkeep.core.units import DAY
from layerkeep.core.view import View

STORIES = {
    "act_retryable": ("nitro.retryable", "redeemed"),
    "act_failing_retryable": ("nitro.retryable", "redeemed"),
    "act_expiring_retryable": ("nitro.retryable", "expired"),
    "act_cancelled_retryable": ("nitro.retryable", "cancelled"),
    "act_underfunded_retryable": ("nitro.retryable", "creation-failed"),
    "act_eth_deposit": ("nitro.eth_deposit", "executed"),
    "act_delayed_message": ("nitro.delayed_message", "sequenced"),
    "act_send": ("nitro.send", "executed"),
    "act_disputed_send": ("nitro.send", "asserted"),
    "act_classic_send": ("nitro.classic_send", "executed"),
}


def told(model: NitroModel, story: str, number: int) -> tuple[str, list[str]]:
    """The kind of the story's message, and the stages it goes through."""
    view = View({each.name: each for each in ADAPTER.lifecycles})
    planned = getattr(model, story)(number)
    stages: list[str] = []
    for order, (delay, chain, says) in enumerate(sorted(planned, key=lambda each: each.delay)):
        anchor = Anchor(chain, order, str(order), delay, f"{order}", 0, 0)
        for message in view.believe(Fact(anchor, says)):
            _, now = view.refold(message)
            if now not in stages[-1:]:
                stages.append(now)
    (message,) = view.messages.values()
    return message.lifecycle.name, stages


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("seed", range(5))
def test_story__of_any_seed__ends_where_it_should(story, seed):
    """The view follows the model's facts to the stage that the story is about."""
    lifecycle, stages = told(NitroModel(ON_CHILD, Random(seed)), story, seed)
    assert (lifecycle, "initiated", STORIES[story][1]) == (STORIES[story][0], stages[0], stages[-1])


@pytest.mark.parametrize("lifecycle", ADAPTER.lifecycles, ids=lambda each: each.name)
def test_lifecycle__of_every_kind__has_a_story_along_its_happy_path(lifecycle):
    """Some story goes through every happy stage in order."""
    paths = [
        tuple(told(NitroModel(ON_CHILD, Random(1)), story, 1)[1])
        for story, (name, _) in STORIES.items()
        if name == lifecycle.name
    ]
    assert lifecycle.happy in paths


def test_stages__of_every_kind__say_what_is_awaited_and_why():
    """A stage that is not final names whose turn it is and what must happen."""
    for lifecycle in ADAPTER.lifecycles:
        for stage in lifecycle.stages:
            assert stage.why
            assert stage.final == (stage.duty == "nobody") == (not stage.awaited)
            assert stage.budget is None or stage.budget <= 9 * DAY
