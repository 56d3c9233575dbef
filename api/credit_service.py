"""What customers hold with us, for the platform that lets them pay with it."""

from domain.codes import RefusedError
from domain.money import Money
from domain.value_ledger import Account, AccountKind, Shortfall, TooLittleError
from storage.credits import CreditPage, Credits, Spent
from storage.cursors import BadCursorError
from storage.returns import Returns
from storage.reversals import (
    NothingToReverseError,
    Reversals,
    Reversed,
    ReversedBeforeError,
)
from storage.value_ledger import PostedOtherwiseError
from workflows import resuming


class CreditService:
    """``shortfall`` is the operator's, for returns that say nothing of their own policy."""

    def __init__(
        self, credit: Credits, reversals: Reversals, returns: Returns, shortfall: Shortfall
    ) -> None:
        self._credit = credit
        self._reversals = reversals
        self._returns = returns
        self._shortfall = shortfall

    async def balance(self, tenant_id: str, account: Account) -> int:
        """Read what an account holds.

        Raises:
            RefusedError: there is no such account, or it is in another currency.
        """
        kind, owner_ref = account.kind, account.owner_ref
        held = await self._credit.currencies(tenant_id, AccountKind(kind), owner_ref)
        if not held:
            raise RefusedError("credit_not_found", "nothing was given to it", field="owner_ref")
        if account.currency not in held:
            raise RefusedError("credit_not_found", f"it is in {', '.join(held)}", field="currency")
        return held[account.currency]

    async def page(
        self, tenant_id: str, account: Account, *, limit: int, cursor: str | None
    ) -> CreditPage:
        """Read an account's transactions, newest first.

        Raises:
            RefusedError: as for the balance, or the cursor is none of ours.
        """
        await self.balance(tenant_id, account)
        try:
            return await self._credit.page(tenant_id, account, limit=limit, cursor=cursor)
        except BadCursorError as error:
            raise RefusedError("invalid_cursor", str(error), field="cursor") from error

    async def spend(self, tenant_id: str, account: Account, minor: int, *, key: str) -> Spent:
        """Pay with it; a repeat under the same key pays once.

        Raises:
            RefusedError: as for the balance, or it holds too little, or the key was used otherwise.
        """
        await self.balance(tenant_id, account)
        try:
            amount = Money(minor, account.currency)
            return await self._credit.spend(tenant_id, account, amount, key=key)
        except TooLittleError as error:
            raise RefusedError("credit_too_little", str(error), field="amount_minor") from error
        except PostedOtherwiseError as error:
            raise RefusedError("key_reused", "this key came with another payment") from error

    async def give_back(self, tenant_id: str, spend_id: str) -> Spent:
        """Undo a payment as a whole, once however often.

        Raises:
            RefusedError: there is no such payment.
        """
        spent = await self._credit.give_back(tenant_id, spend_id)
        if spent is None:
            raise RefusedError("spend_not_found", "no such payment", field="spend_id")
        return spent

    async def reverse(
        self, tenant_id: str, return_id: str, number: int, *, command_id: str, actor: str
    ) -> Reversed:
        """Take back what a settlement gave in kind; the same command answers the same.

        Raises:
            RefusedError: nothing was paid in kind, not all is paid yet, or it was reversed before.
        """
        try:
            return await self._reversals.reverse(
                tenant_id,
                return_id,
                number,
                shortfall=await self._shortfall_of(tenant_id, return_id),
                command_id=command_id,
                actor=actor,
            )
        except NothingToReverseError as error:
            raise RefusedError("no_credit_to_reverse", str(error), field="settlement_no") from error
        except ReversedBeforeError as error:
            raise RefusedError("credit_reversed", str(error), field="settlement_no") from error

    async def _shortfall_of(self, tenant_id: str, return_id: str) -> Shortfall:
        """Return what the policy says that the return is pinned to."""
        kept = resuming.load(await self._returns.resume_from(tenant_id, return_id))
        if kept is None or kept.resumed is None:
            return self._shortfall
        return kept.resumed.ret.policy.credit_shortfall
