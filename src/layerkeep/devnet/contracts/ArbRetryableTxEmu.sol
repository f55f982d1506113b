// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// What ArbRetryableTx at 0x6e and ArbOS do for retryable tickets, in EVM code.
/// The sequencer's system transactions pay no gas price, which is how they are told from users'.
contract ArbRetryableTxEmu {
    uint64 constant TX_GAS = 21_000;
    uint64 constant RETRY_GAS_MAX = 16_000_000;

    struct Ticket {
        uint256 timeout;
        uint64 tries;
        bool running;
        address from;
        address to;
        address beneficiary;
        uint256 callvalue;
        address refundTo;
        uint256 gasPaid;
        uint256 feeCap;
        uint256 submissionFee;
        bytes data;
    }

    uint256 internal lifetime;
    mapping(bytes32 => Ticket) internal tickets;

    event TicketCreated(bytes32 indexed ticketId);
    event LifetimeExtended(bytes32 indexed ticketId, uint256 newTimeout);
    event RedeemScheduled(
        bytes32 indexed ticketId,
        bytes32 indexed retryTxHash,
        uint64 indexed sequenceNum,
        uint64 donatedGas,
        address gasDonor,
        uint256 maxRefund,
        uint256 submissionFeeRefund
    );
    event Canceled(bytes32 indexed ticketId);

    error NoTicketWithID();
    error NotCallable();

    modifier onlySystem() {
        if (tx.gasprice != 0) revert NotCallable();
        _;
    }

    function submitRetryable(
        bytes32 requestId,
        uint256 l1BaseFee,
        uint256 deposit,
        uint256 callvalue,
        uint256 gasFeeCap,
        uint64 gasLimit,
        uint256 maxSubmissionFee,
        address feeRefundAddress,
        address beneficiary,
        address retryTo,
        bytes calldata retryData
    ) external payable onlySystem {
        require(msg.value == deposit, "the deposit comes as value");
        uint256 fee = l1BaseFee * (1400 + 6 * retryData.length);
        require(fee <= maxSubmissionFee && maxSubmissionFee + callvalue <= deposit, "underfunded");
        bytes32 ticketId = keccak256(
            abi.encodePacked(
                uint8(0x69),
                list(
                    bytes.concat(
                        bytes.concat(
                            number(block.chainid), word(requestId), account(msg.sender), number(l1BaseFee),
                            number(deposit), number(gasFeeCap), number(gasLimit)
                        ),
                        bytes.concat(
                            target(retryTo), number(callvalue), account(beneficiary),
                            number(maxSubmissionFee), account(feeRefundAddress), text(retryData)
                        )
                    )
                )
            )
        );
        Ticket storage ticket = tickets[ticketId];
        ticket.timeout = block.timestamp + lifetime;
        ticket.from = msg.sender;
        ticket.to = retryTo;
        ticket.beneficiary = beneficiary;
        ticket.callvalue = callvalue;
        ticket.data = retryData;
        ticket.refundTo = feeRefundAddress;
        emit TicketCreated(ticketId);
        pay(feeRefundAddress, maxSubmissionFee - fee);
        uint256 left = deposit - callvalue - maxSubmissionFee;
        uint256 cost = gasFeeCap * gasLimit;
        if (left < cost || gasLimit < TX_GAS || gasFeeCap < block.basefee) {
            pay(feeRefundAddress, left < cost ? left : cost);
            return;
        }
        ticket.gasPaid = block.basefee * gasLimit;
        ticket.submissionFee = fee;
        pay(feeRefundAddress, cost - ticket.gasPaid);
        schedule(ticketId, gasLimit, feeRefundAddress, left + fee - (cost - ticket.gasPaid));
    }

    /// The sequencer reports how an attempt ended; after a failure the value returns to escrow.
    function settle(bytes32 ticketId, bool success, uint256 gasUsed) external payable onlySystem {
        Ticket storage ticket = tickets[ticketId];
        require(ticket.running && ticket.from == msg.sender, "no such attempt");
        require(success || msg.value == ticket.callvalue, "the value returns");
        uint256 spent = gasUsed * ticket.feeCap;
        uint256 refund = ticket.gasPaid > spent ? ticket.gasPaid - spent : 0;
        address refundTo = ticket.refundTo;
        if (success) {
            refund += ticket.submissionFee;
            delete tickets[ticketId];
        } else {
            (ticket.running, ticket.gasPaid, ticket.submissionFee) = (false, 0, 0);
        }
        pay(refundTo, refund);
    }

    /// The sequencer drops a ticket past its lifetime; what it held goes to the beneficiary.
    function expire(bytes32 ticketId) external onlySystem {
        Ticket storage ticket = tickets[ticketId];
        require(ticket.timeout != 0 && !ticket.running, "no such ticket");
        require(ticket.timeout < block.timestamp, "not yet");
        close(ticketId);
    }

    function redeem(bytes32 ticketId) external returns (bytes32) {
        Ticket storage ticket = open(ticketId);
        if (ticket.running) revert NoTicketWithID();
        ticket.refundTo = msg.sender;
        uint256 gas = gasleft() < RETRY_GAS_MAX ? gasleft() : RETRY_GAS_MAX;
        return schedule(ticketId, uint64(gas), msg.sender, type(uint256).max);
    }

    function keepalive(bytes32 ticketId) external returns (uint256) {
        Ticket storage ticket = open(ticketId);
        require(ticket.timeout <= block.timestamp + lifetime, "timeout too far into the future");
        ticket.timeout += lifetime;
        emit LifetimeExtended(ticketId, ticket.timeout);
        return ticket.timeout;
    }

    function cancel(bytes32 ticketId) external {
        Ticket storage ticket = open(ticketId);
        require(!ticket.running && ticket.beneficiary == msg.sender, "only the beneficiary");
        close(ticketId);
        emit Canceled(ticketId);
    }

    function getLifetime() external view returns (uint256) {
        return lifetime;
    }

    function getTimeout(bytes32 ticketId) external view returns (uint256) {
        return open(ticketId).timeout;
    }

    function getBeneficiary(bytes32 ticketId) external view returns (address) {
        return open(ticketId).beneficiary;
    }

    function getCurrentRedeemer() external pure returns (address) {
        return address(0);
    }

    function open(bytes32 ticketId) internal view returns (Ticket storage ticket) {
        ticket = tickets[ticketId];
        if (ticket.timeout == 0 || ticket.timeout < block.timestamp) revert NoTicketWithID();
    }

    function close(bytes32 ticketId) internal {
        (address beneficiary, uint256 value) = (tickets[ticketId].beneficiary, tickets[ticketId].callvalue);
        delete tickets[ticketId];
        pay(beneficiary, value);
    }

    /// Announces an attempt; its value goes ahead to the sender the attempt will come from.
    function schedule(bytes32 ticketId, uint64 gas, address donor, uint256 maxRefund) internal returns (bytes32 attempt) {
        Ticket storage ticket = tickets[ticketId];
        uint64 sequence = ticket.tries++;
        uint256 feeRefund = ticket.submissionFee;
        (ticket.running, ticket.feeCap) = (true, block.basefee);
        pay(ticket.from, ticket.callvalue);
        attempt = keccak256(
            abi.encodePacked(
                uint8(0x68),
                list(
                    bytes.concat(
                        bytes.concat(
                            number(block.chainid), number(sequence), account(ticket.from),
                            number(block.basefee), number(gas), target(ticket.to)
                        ),
                        bytes.concat(
                            number(ticket.callvalue), text(ticket.data), word(ticketId),
                            account(donor), number(maxRefund), number(feeRefund)
                        )
                    )
                )
            )
        );
        emit RedeemScheduled(ticketId, attempt, sequence, gas, donor, maxRefund, feeRefund);
    }

    /// A transfer that runs no code worth naming: a receiver who refuses leaves it here.
    function pay(address to, uint256 value) internal {
        if (value == 0) return;
        (bool taken,) = to.call{value: value, gas: 0}("");
        taken;
    }

    function number(uint256 value) internal pure returns (bytes memory) {
        uint256 length = 0;
        for (uint256 left = value; left > 0; left >>= 8) length++;
        bytes memory minimal = new bytes(length);
        for (uint256 index = length; index > 0; index--) {
            minimal[index - 1] = bytes1(uint8(value));
            value >>= 8;
        }
        return text(minimal);
    }

    function word(bytes32 value) internal pure returns (bytes memory) {
        return bytes.concat(bytes1(0xa0), value);
    }

    function account(address value) internal pure returns (bytes memory) {
        return bytes.concat(bytes1(0x94), bytes20(value));
    }

    function target(address value) internal pure returns (bytes memory) {
        return value == address(0) ? bytes(hex"80") : account(value);
    }

    function text(bytes memory value) internal pure returns (bytes memory) {
        if (value.length == 1 && uint8(value[0]) < 0x80) return value;
        return bytes.concat(prefix(value.length, 0x80), value);
    }

    function list(bytes memory body) internal pure returns (bytes memory) {
        return bytes.concat(prefix(body.length, 0xc0), body);
    }

    function prefix(uint256 length, uint8 offset) internal pure returns (bytes memory) {
        if (length < 56) return abi.encodePacked(uint8(offset + length));
        if (length < 0x100) return abi.encodePacked(uint8(offset + 56), uint8(length));
        if (length < 0x10000) return abi.encodePacked(uint8(offset + 57), uint16(length));
        return abi.encodePacked(uint8(offset + 58), uint24(length));
    }
}
