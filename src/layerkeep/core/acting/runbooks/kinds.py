"""What a step of each kind takes: the reader checks it, the edge performs by it.

`rpc`: a JSON-RPC call of a declared endpoint. `transaction`: prepared for a signer, or for a person
where no signer is declared. `http`: a request to a declared endpoint. `host`: a declared command,
or a restart of a unit, on a declared runner. Placeholders are filled in before anybody performs.
"""

from collections.abc import Mapping

from layerkeep.core.topology.spot import Field

LOG_FIELDS: Mapping[str, Field] = {
    "chain": Field(str, "the chain the log is on", required=True),
    "tx": Field(str, "the transaction that made it", required=True),
    "near": Field(str, "its log index; of several alike the nearest counts"),
    "event": Field(
        str,
        "the event with its names, such as `E(uint256 indexed a, bytes b)`",
        required=True,
    ),
}
"""Where arguments of a transaction come from that layerkeep does not keep: a log's own fields."""

KIND_FIELDS: Mapping[str, Mapping[str, Field]] = {
    "rpc": {
        "endpoint": Field(str, "the name of a declared endpoint", required=True),
        "method": Field(str, "the JSON-RPC method", required=True),
        "params": Field(list, "its parameters"),
        "check": Field(dict, "method, params, expect: what a dry run asks, and the answer wanted"),
    },
    "transaction": {
        "chain": Field(str, "the chain it is for", required=True),
        "to": Field(str, "the contract or account", required=True),
        "signature": Field(str, "the function, such as `redeem(bytes32)`; none for a payment"),
        "args": Field(list, "its arguments; `log:NAME.FIELD` takes one from a log"),
        "logs": Field(dict, "logs that arguments come from, by name"),
        "value": Field(str, "wei to send along, in digits"),
        "signer": Field(str, "the job of the signer, such as `guardian`"),
        "from": Field(str, "who would send it, for the simulation"),
        "overrides": Field(dict, "state overrides of the simulation, by address"),
    },
    "http": {
        "endpoint": Field(str, "the name of a declared endpoint", required=True),
        "method": Field(str, "GET, POST, PUT, PATCH or DELETE", required=True),
        "path": Field(str, "the path behind the endpoint's URL", required=True),
        "body": Field(dict, "what is sent, as JSON"),
        "expect": Field(int, "the status of success; any 2xx if left out"),
    },
    "host": {
        "runner": Field(str, "the name of a declared runner", required=True),
        "command": Field(str, "the name of one of its commands"),
        "arguments": Field(dict, "the command's arguments by name"),
        "restart": Field(str, "the unit or workload to restart, in place of a command"),
        "stop": Field(str, "the unit or workload to stop"),
        "start": Field(str, "the unit or workload to start"),
    },
    "wait": {"until": Field(dict, "the condition waited for", required=True)},
    "ask": {"question": Field(str, "what a person decides: yes goes on, no stops", required=True)},
    "note": {},
}
