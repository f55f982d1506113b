"""Which function reads which event of which role; decode_receipt reads a deposit's outcome."""

from layerkeep.adapters.op_stack import contracts
from layerkeep.adapters.op_stack.decode import claims, deposits, settings, withdrawals
from layerkeep.adapters.op_stack.decode.deposits import decode_receipt
from layerkeep.core.adapter import CHILD, PARENT, Decode, Event

__all__ = ["EVENTS", "decode_receipt"]

ON_PARENT: dict[str, tuple[tuple[str, Decode], ...]] = {
    "portal": (
        (contracts.TRANSACTION_DEPOSITED, deposits.transaction_deposited),
        (contracts.WITHDRAWAL_PROVEN, withdrawals.withdrawal_proven),
        (contracts.WITHDRAWAL_PROVEN_BY, withdrawals.withdrawal_proven_by),
        (contracts.WITHDRAWAL_FINALIZED, withdrawals.withdrawal_finalized),
        (contracts.GAME_BLACKLISTED, claims.game_blacklisted),
        (contracts.RESPECTED_TYPE_SET_AT, claims.respected_type_set_at),
        (contracts.PAUSED, settings.portal_paused),
        (contracts.UNPAUSED, settings.portal_unpaused),
    ),
    "l1_messenger": (
        (contracts.SENT_MESSAGE, deposits.sent_by_parent),
        (contracts.RELAYED_MESSAGE, withdrawals.relayed_on_parent),
        (contracts.FAILED_RELAYED_MESSAGE, withdrawals.failed_on_parent),
    ),
    "dispute_game_factory": (
        (contracts.GAME_CREATED, claims.game_created),
        (contracts.IMPLEMENTATION_SET, settings.implementation_set),
    ),
    "l2_output_oracle": (
        (contracts.OUTPUT_PROPOSED, claims.output_proposed),
        (contracts.OUTPUTS_DELETED, claims.outputs_deleted),
    ),
    "anchor_state_registry": (
        (contracts.ANCHOR_UPDATED, claims.anchor_updated),
        (contracts.GAME_BLACKLISTED, claims.game_blacklisted),
        (contracts.RESPECTED_TYPE_SET, claims.respected_type_set),
        (contracts.RETIREMENT_SET, claims.games_retired),
    ),
    "superchain_config": (
        (contracts.PAUSED, settings.paused),
        (contracts.UNPAUSED, settings.unpaused),
        (contracts.PAUSED_NAMED, settings.paused_named),
        (contracts.UNPAUSED_PLAIN, settings.unpaused_plain),
    ),
    "system_config": (
        (contracts.CONFIG_UPDATE, settings.config_updated),
        (contracts.FEATURE_SET, settings.feature_set),
    ),
}

ON_CHILD: dict[str, tuple[tuple[str, Decode], ...]] = {
    "message_passer": ((contracts.MESSAGE_PASSED, withdrawals.message_passed),),
    "l2_messenger": (
        (contracts.SENT_MESSAGE, withdrawals.sent_by_child),
        (contracts.RELAYED_MESSAGE, deposits.relayed_on_child),
        (contracts.FAILED_RELAYED_MESSAGE, deposits.failed_on_child),
    ),
}

EVENTS = (
    *(
        Event(side, role, declaration, decode)
        for side, table in ((PARENT, ON_PARENT), (CHILD, ON_CHILD))
        for role, rows in table.items()
        for declaration, decode in rows
    ),
    *(Event(side, role, contracts.UPGRADED, settings.upgraded) for side, role in contracts.PROXIES),
)
