"""No contract: a chain that settles on nothing has no bridge to a parent."""

from layerkeep.core.adapter import Parameter, Role

ROLES: tuple[Role, ...] = ()

PARAMETERS: tuple[Parameter, ...] = ()
