"""What is shown, as plain values: the bodies of the API, and what the console's pages draw.

Times are moments in milliseconds since the epoch, or durations in milliseconds where a docstring
says so; amounts are in the smallest unit and may be above 2**64, so JSON has them as strings. What
is not known is None and never a figure.
"""

import msgspec


class Shown(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that is shown."""
