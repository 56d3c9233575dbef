"""What a merchant or a platform promises on top of the law, in force at the contract date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.law.facts import LineFacts
from domain.law.schema import Anchor, DueFrom, Layer, Payer, Remedy, Scope, Start, Window
from domain.law.windows import local_day
from domain.reasons import Ground


@dataclass(frozen=True, slots=True)
class Promise:
    """A right by promise. ``first`` and ``last`` are the contract dates it governs, both included.

    ``refund_days`` count from the receipt of the goods, or as ``refund_from`` says.
    ``restocking_percent``, 0..100 of the price, is kept back where no law gives the right. Goods
    are to be as the law of the place wants them, unless the promise ``takes_any_condition``. With
    ``review`` a person looks at whatever this or the law grants.
    """

    id: str
    version: str
    layer: Layer
    ground: Ground
    first: date
    last: date | None
    window_days: int
    payer: Payer
    remedies: tuple[Remedy, ...] = (Remedy.REFUND,)
    start: Start = Start.NEXT_DAY
    scope: tuple[Scope, ...] = (Scope.PRICE, Scope.TAX)
    refund_days: int | None = None
    restocking_percent: int = 0
    exclusions: tuple[str, ...] = ()
    excludes_final_sale: bool = False
    sources: tuple[str, ...] = ()
    content_hash: str = ""
    rule_id: str = ""
    review: bool = False
    takes_any_condition: bool = False
    refund_from: DueFrom = DueFrom.RECEIVED

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def grants(self) -> str:
        """The code of its grant; a pack of one's own may hold what it calls law."""
        return f"R_{self.ground}" if self.layer is Layer.LAW else "R_PROMISE_APPLIES"

    @property
    def window(self) -> Window:
        return Window(anchor=Anchor.DELIVERED, days=self.window_days, start=self.start)

    def excluded(self, facts: LineFacts) -> tuple[str, ...]:
        """Return the codes of what takes the promise away."""
        traits = tuple(f"X_EXCLUDED_{t}" for t in facts.traits if t in self.exclusions)
        return (*traits, "X_EXCLUDED_FINAL_SALE") if self._bars_sale(facts) else traits

    def _bars_sale(self, facts: LineFacts) -> bool:
        return self.excludes_final_sale and facts.is_final_sale


def in_force(promises: Sequence[Promise], facts: LineFacts) -> tuple[Promise, ...]:
    """Return the promises of the asked ground that governed on the contract's local day."""
    day = local_day(facts.contract_at, facts.time_zone)
    return tuple(
        promise
        for promise in promises
        if promise.ground is facts.ground
        and promise.first <= day
        and (promise.last is None or day <= promise.last)
    )
