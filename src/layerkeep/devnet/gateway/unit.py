"""A stand-in for `systemctl`: the devnet's replicas are its units.

Started as the prefix of a runner of kind systemd: `python -m layerkeep.devnet.gateway.unit URL
systemctl stop -- l2-b`. It knows `show`, `stop`, `start` and `restart`. Ends with 1 where the
devnet refuses.
"""

import http.client
import sys
import urllib.parse
from collections.abc import Sequence

import msgspec

ANSWER_WITHIN_S = 120.0
USAGE = 64


def main(argv: Sequence[str]) -> int:
    """Carry out one command; the code to end with."""
    if len(argv) < 4 or argv[1] != "systemctl":
        print("URL systemctl show|stop|start|restart -- UNIT", file=sys.stderr)
        return USAGE
    url, verb, unit = argv[0].rstrip("/"), argv[2], argv[-1]
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=ANSWER_WITHIN_S)
    method, rest = ("GET", "") if verb == "show" else ("POST", f"/{verb}")
    try:
        connection.request(method, f"{place.path}/{unit}{rest}")
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        print(error, file=sys.stderr)
        return 1
    if answer.status != http.client.OK:
        print(content.decode(errors="replace"), file=sys.stderr)
        return 1
    found = msgspec.json.decode(content)
    wanted = [word.partition("=")[2] for word in argv if word.startswith("--property=")]
    for name, value in found.items():
        if not wanted or name in wanted:
            print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
