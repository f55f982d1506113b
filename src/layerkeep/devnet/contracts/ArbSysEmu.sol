// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Made and destroyed within one transaction, so that what it was given leaves the supply.
contract Burn {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}

/// What ArbSys at 0x64 does for messages to the parent chain, in EVM code instead of ArbOS.
contract ArbSysEmu {
    address constant ARBOS = 0x00000000000000000000000000000000000A4B05;
    uint256 constant ARBOS_VERSION = 32;
    uint160 constant ALIAS = uint160(0x1111000000000000000000000000000000001111);

    uint256 internal size;
    mapping(uint256 => bytes32) internal partials;
    uint256 public parentBlock;

    event L2ToL1Tx(
        address caller,
        address indexed destination,
        uint256 indexed hash,
        uint256 indexed position,
        uint256 arbBlockNum,
        uint256 ethBlockNum,
        uint256 timestamp,
        uint256 callvalue,
        bytes data
    );
    event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);

    error InvalidBlockNumber(uint256 requested, uint256 current);
    error NotCallable();

    /// The first transaction of every block: the sequencer tells which parent block it stands on.
    function startBlock(uint256, uint64 parentNumber, uint64, uint64) external {
        if (msg.sender != ARBOS) revert NotCallable();
        parentBlock = parentNumber;
    }

    function withdrawEth(address destination) external payable returns (uint256) {
        return send(destination, "");
    }

    function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256) {
        return send(destination, data);
    }

    function sendMerkleTreeState() external view returns (uint256, bytes32, bytes32[] memory) {
        uint256 levels = 0;
        for (uint256 left = size; left > 0; left >>= 1) levels++;
        bytes32[] memory found = new bytes32[](levels);
        for (uint256 level = 0; level < levels; level++) found[level] = partials[level];
        return (size, root(found), found);
    }

    function arbBlockNumber() external view returns (uint256) {
        return block.number;
    }

    function arbBlockHash(uint256 number) external view returns (bytes32) {
        if (number >= block.number || number + 256 < block.number) {
            revert InvalidBlockNumber(number, block.number);
        }
        return blockhash(number);
    }

    function arbChainID() external view returns (uint256) {
        return block.chainid;
    }

    function arbOSVersion() external pure returns (uint256) {
        return 55 + ARBOS_VERSION;
    }

    function mapL1SenderContractAddressToL2Alias(address sender, address) external pure returns (address) {
        unchecked {
            return address(uint160(sender) + ALIAS);
        }
    }

    function send(address destination, bytes memory data) internal returns (uint256 leaf) {
        if (msg.value > 0) new Burn{value: msg.value}();
        bytes32 item = keccak256(
            abi.encodePacked(
                msg.sender, destination, block.number, parentBlock, block.timestamp, msg.value, data
            )
        );
        leaf = size;
        append(item, leaf);
        size = leaf + 1;
        emit L2ToL1Tx(
            msg.sender,
            destination,
            uint256(item),
            leaf,
            block.number,
            parentBlock,
            block.timestamp,
            msg.value,
            data
        );
    }

    function append(bytes32 item, uint256 leaf) internal {
        bytes32 node = keccak256(abi.encodePacked(item));
        uint256 level = 0;
        while (partials[level] != 0) {
            node = keccak256(abi.encodePacked(partials[level], node));
            partials[level] = 0;
            level++;
            emit SendMerkleUpdate(0, node, (level << 192) + leaf);
        }
        partials[level] = node;
    }

    /// The fold of the partial trees, lowest first, missing right halves being zero.
    function root(bytes32[] memory nodes) internal pure returns (bytes32 node) {
        uint256 reached = 0;
        for (uint256 level = 0; level < nodes.length; level++) {
            if (nodes[level] == 0) continue;
            if (node == 0) {
                (node, reached) = (nodes[level], level);
                continue;
            }
            for (; reached < level; reached++) node = keccak256(abi.encodePacked(node, bytes32(0)));
            node = keccak256(abi.encodePacked(nodes[level], node));
            reached++;
        }
    }
}
