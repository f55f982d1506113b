// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface IInbox {
    function calculateRetryableSubmissionFee(uint256 length, uint256 baseFee) external view returns (uint256);

    function createRetryableTicket(
        address to,
        uint256 callValue,
        uint256 submissionCostMax,
        address excessFeeRefund,
        address callValueRefund,
        uint256 gasLimit,
        uint256 feePerGasMax,
        bytes calldata payload
    ) external payable returns (uint256);
}

interface IBridge {
    function activeOutbox() external view returns (address);
}

interface IOutbox {
    function l2ToL1Sender() external view returns (address);
}

interface IMessagePasser {
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata payload) external payable;
}

interface IMessenger {
    function sendMessage(address target, bytes calldata payload, uint32 gasLimitMin) external payable;
}

/// A stop on L2 between L1 and L3: what arrives from one side leaves for the other in the same transaction.
contract TwoHop {
    IMessagePasser constant PASSER = IMessagePasser(0x4200000000000000000000000000000000000016);
    IMessenger constant MESSENGER = IMessenger(0x4200000000000000000000000000000000000007);

    IInbox public immutable inbox;
    IBridge public immutable bridge;

    event Down(address indexed l3Sender, address indexed target, uint256 value);
    event Up(address indexed target, uint256 indexed ticket, uint256 value);

    constructor(IInbox inbox_, IBridge bridge_) {
        inbox = inbox_;
        bridge = bridge_;
    }

    /// Called by a deposit from L1: creates a retryable ticket for L3 out of the value that came along.
    function toL3(address to, uint256 gasLimit, uint256 feePerGasMax, bytes calldata payload) external payable {
        uint256 submission = inbox.calculateRetryableSubmissionFee(payload.length, 0);
        uint256 callValue = msg.value - submission - gasLimit * feePerGasMax;
        uint256 ticket = inbox.createRetryableTicket{value: msg.value}(
            to, callValue, submission, to, to, gasLimit, feePerGasMax, payload
        );
        emit Up(to, ticket, callValue);
    }

    /// Called by the Outbox for a sender on L3: starts a withdrawal to L1, bare or through the messenger.
    function toL1(address target, uint32 gasLimit, bytes calldata payload, bool viaMessenger) external payable {
        require(msg.sender == address(bridge), "only the bridge");
        emit Down(IOutbox(bridge.activeOutbox()).l2ToL1Sender(), target, msg.value);
        if (viaMessenger) {
            MESSENGER.sendMessage{value: msg.value}(target, payload, gasLimit);
        } else {
            PASSER.initiateWithdrawal{value: msg.value}(target, gasLimit, payload);
        }
    }
}
