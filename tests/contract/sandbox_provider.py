"""The sandbox as the other side of the payment contract."""

from contextlib import AbstractContextManager

from domain.money import Money
from tests.contract.outside import Outside
from tests.contract.payment_contract import PaidBack


class SandboxProvider:
    """The sandbox as one payment provider."""

    def __init__(self, outside: Outside, system: str, operation: str) -> None:
        self._outside = outside
        self._system = system
        self._operation = operation
        self.fail_refund = outside.fail_refund

    def paid(self, amount: Money, *, kind: str = "CARD") -> str:
        return self._outside.paid(amount, kind=kind, provider=self._system)

    def paid_back(self, payment_ref: str) -> list[PaidBack]:
        return [
            PaidBack(
                refund["refund_id"],
                Money(refund["amount_minor"], refund["currency"]),
                refund["return_id"],
            )
            for refund in self._outside.effects("refunds", payment_ref=payment_ref)
        ]

    def stamped(self, return_id: str) -> str | None:
        return return_id

    def losing_the_answer(self) -> AbstractContextManager[None]:
        return self._outside.fault(self._system, self._operation, "lost_reply")

    def forgetting_keys(self) -> AbstractContextManager[None]:
        return self._outside.fault(self._system, self._operation, "forget_keys")

    def answering(self, status: int) -> AbstractContextManager[None]:
        kind = {500: "http_500", 503: "http_503"}.get(status, str(status))
        return self._outside.fault(self._system, self._operation, kind)
