"""Which methods the gateway lets through, and where in their parameters a block is named."""

METHOD_NOT_FOUND = -32601
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
REFUSED = -32000

BLOCK_POSITION = {
    "debug_traceBlockByNumber": 0,
    "debug_traceCall": 1,
    "eth_call": 1,
    "eth_createAccessList": 1,
    "eth_estimateGas": 1,
    "eth_feeHistory": 1,
    "eth_getBalance": 1,
    "eth_getBlockByNumber": 0,
    "eth_getBlockReceipts": 0,
    "eth_getBlockTransactionCountByNumber": 0,
    "eth_getCode": 1,
    "eth_getProof": 2,
    "eth_getStorageAt": 2,
    "eth_getTransactionByBlockNumberAndIndex": 0,
    "eth_getTransactionCount": 1,
    "eth_simulateV1": 1,
    "trace_block": 0,
}
RANGED = frozenset({"eth_getLogs", "trace_filter"})
NULL_IF_NEWER = frozenset({"eth_getBlockByNumber", "eth_getBlockReceipts"})
PLAIN = frozenset(
    {
        "debug_traceBlockByHash",
        "debug_traceTransaction",
        "eth_accounts",
        "eth_blobBaseFee",
        "eth_blockNumber",
        "eth_chainId",
        "eth_gasPrice",
        "eth_getBlockByHash",
        "eth_getBlockTransactionCountByHash",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_sendRawTransaction",
        "eth_syncing",
        "net_listening",
        "net_version",
        "trace_transaction",
        "web3_clientVersion",
        "web3_sha3",
    }
)
ALLOWED = PLAIN | RANGED | frozenset(BLOCK_POSITION)
