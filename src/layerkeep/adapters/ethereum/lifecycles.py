"""No message kind: messages belong to the child whose bridge they take."""

from layerkeep.core.lifecycle import Lifecycle

LIFECYCLES: tuple[Lifecycle, ...] = ()
