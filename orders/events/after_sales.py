"""Events of after-sales cases."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.events.base import OrderEvent, choice_label, decimal_of, money_back, with_reason
from orders.models.after_sales import AfterSalesCase

State = AfterSalesCase.State
# Who takes a case back knows it.
TRIGGERED_BY_STATE: dict[str, tuple[str, ...]] = {
    State.APPLIED.value: ("after_sales_for_sales",),
    State.INSPECTING.value: ("after_sales_for_sales",),
    State.RETURN_IN_TRANSIT.value: ("return_on_its_way",),
    State.WITHDRAWN.value: (),
}


@dataclass(frozen=True, kw_only=True)
class AfterSalesMoved(OrderEvent):
    """A case was opened or moved on: `state` says where it is, `text` what was said, `amount` what now waits to be
    paid out for it."""

    type = "order.after_sales"
    icon = "refund"
    conflicts = False
    notices = ("after_sales", "after_sales_for_sales", "return_on_its_way", "money_to_return")

    case_id: int
    kind: str
    state: str
    text: str = ""
    amount: str = ""

    def timeline_text(self) -> str:
        """Which case, where it is, and what was said."""
        values = {
            "kind": choice_label(AfterSalesCase.Kind, self.kind),
            "state": choice_label(State, self.state),
        }
        return with_reason(_("%(kind)s：%(state)s") % values, self.text)

    @property
    def to_return(self) -> Decimal:
        """What a manager has to pay out."""
        return decimal_of(self.amount)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """By the state: whose turn it is."""
        told = TRIGGERED_BY_STATE.get(self.state, ("after_sales",))
        return (*told, *(money_back(is_told=True) if self.to_return > 0 else ()))
