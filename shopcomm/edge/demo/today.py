"""What goes on in the demo shop right now: changes that wait, parcels in parts, deposits, cases of every kind."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from orders.models import AfterSalesCase, Order, OrderLine, Status
from orders.services.after_sales import (
    CaseInput,
    CaseLine,
    approve_case,
    open_case,
    record_return_parcel,
    reject_case,
)
from orders.services.backdating import backdate_debt
from orders.services.change_requests.request import request_change
from orders.services.editing import edit_order
from orders.services.refunds import pay_refund
from orders.services.returns import inspect_return
from orders.services.transitions import transition_order
from orders.services.urges import urge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff

Kind, Reason = AfterSalesCase.Kind, AfterSalesCase.Reason


class Today:
    """Works on orders that the history left in each status; the same shop gets the same day."""

    def __init__(self, staff: dict[str, Staff]) -> None:
        self.manager = Actor.staff(staff["manager"])
        self.seller = Actor.staff(staff["sales"])
        self.picker = Actor.staff(staff["warehouse"])

    def create_orders(self) -> None:
        """Everything, once."""
        self.changes()
        self.parcels_and_money()
        self.debts()
        self.cases()

    def changes(self) -> None:
        """Requests that wait for the warehouse, for sales and for a courier, and a customer who presses."""
        picking, paid, shipped = (self._orders(each) for each in ("picking", "paid", "shipped"))
        self._ask(picking[-1], "address", {"street": "文一西路 969 号 3 幢 1202 室"})
        self._ask(picking[-2], "cancel", {"reason": "拍错颜色了，想重新下单"})
        line = self._line(paid[-2])
        self._ask(
            paid[-2],
            "items",
            {"items": [{"sku": line.sku, "quantity": line.quantity + 1}, *self._rest(line)]},
        )
        self._ask(paid[-3], "urgent", {"urgent": True})
        self._ask(shipped[-1], "address", {"street": "和平路 18 号物业前台", "name": "门卫代收"})
        urge_order(actor=self._customer(paid[-4]), order_id=paid[-4].pk)

    def parcels_and_money(self) -> None:
        """An order that leaves in two parcels, and one with a deposit."""
        order = next(order for order in self._orders("picking")[:-2] if order.lines.count() > 1)
        line = self._line(order)
        data = {
            "carrier": "debangkuaidi",
            "tracking_number": f"DPK{order.pk:010d}",
            "lines": [{"line": line.pk, "quantity": line.quantity}],
        }
        transition_order(actor=self.picker, order_id=order.pk, to=Status.SHIPPED, data=data)
        dear = max(self._orders("pending_payment"), key=lambda each: each.total)
        deposit = {
            "amount": str((dear.total * Decimal("0.3")).quantize(Decimal(1))),
            "method": "transfer",
            "reference": f"DJ{dear.pk:08d}",
        }
        transition_order(actor=self.manager, order_id=dear.pk, to=Status.PAID, data=deposit)

    def debts(self) -> None:
        """Dealers who pay later, one of them late; and an order that became dearer after it was paid."""
        unpaid = [each for each in self._orders("pending_payment") if not each.paid_amount]
        dealers = [each for each in unpaid if each.customer.tier == "wholesale"][:2]
        for order, days in zip(dealers, (-12, 18), strict=False):
            limit = (order.total * 3).quantize(Decimal(1))
            Customer.objects.filter(pk=order.customer_id).update(credit_limit=limit)
            data = {"method": "on_account"}
            transition_order(actor=self.seller, order_id=order.pk, to=Status.PAID, data=data)
            backdate_debt(order_id=order.pk, due_on=timezone.localdate() + timedelta(days=days))
        dearer = self._orders("paid")[-5]
        fee = {"shipping_fee": dearer.shipping_fee + 80}
        edit_order(actor=self.manager, order_id=dearer.pk, version=None, changes=fee, agreed=True)

    def cases(self) -> None:
        """One case in each of its states."""
        orders = [order for order in self._orders("delivered") if not self._line(order).returned_quantity]
        self._case(orders[-1], Kind.RETURN, Reason.DAMAGED, "拉链卡住，拉不上")
        asked = self._case(orders[-2], Kind.RETURN, Reason.NO_LONGER_WANTED, "尺寸买大了")
        approve_case(actor=self.seller, case_id=asked.pk, answer="可以退，请保持吊牌完好")
        coming = self._case(orders[-3], Kind.EXCHANGE, Reason.WRONG_COLOR, "聊天里确认的是另一个颜色")
        approve_case(actor=self.seller, case_id=coming.pk, answer="是我们发错了，马上换")
        customer = self._customer(orders[-3])
        record_return_parcel(
            actor=customer, case_id=coming.pk, carrier="yuantong", tracking_number=f"YT{coming.pk:013d}"
        )
        refused = self._case(orders[-4], Kind.REFUND, Reason.NOT_AS_DESCRIBED, "比图片颜色深")
        reject_case(actor=self.seller, case_id=refused.pk, reason="下单前发过实物视频，颜色一致")
        self._settled(orders[-5])

    def _settled(self, order: Order) -> None:
        case = self._case(order, Kind.RETURN, Reason.DAMAGED, "轮子有裂纹")
        approve_case(actor=self.seller, case_id=case.pk, amount=self._line(order).unit_price / 2)
        customer = self._customer(order)
        record_return_parcel(
            actor=customer, case_id=case.pk, carrier="shunfeng", tracking_number=f"SF{case.pk:013d}"
        )
        counted = {row.pk: (row.quantity, 0) for row in case.lines.all()}
        inspect_return(actor=self.picker, case_id=case.pk, counted=counted)
        for refund in case.refunds.filter(state="approved"):
            pay_refund(actor=self.manager, refund_id=refund.pk, reference=f"TK{refund.pk:08d}")

    def _case(self, order: Order, kind: str, reason: str, note: str) -> AfterSalesCase:
        line = self._line(order)
        wanted = line.sku if kind == Kind.EXCHANGE else ""
        given = CaseInput(kind=kind, reason=reason, note=note, lines=[CaseLine(line.pk, 1, wanted)])
        return open_case(actor=self._customer(order), order_id=order.pk, wanted=given)

    def _ask(self, order: Order, kind: str, data: dict[str, object]) -> None:
        request_change(actor=self._customer(order), order_id=order.pk, kind=kind, data=data)

    def _customer(self, order: Order) -> Actor:
        return Actor.customer(order.customer, order_id=order.pk)

    def _line(self, order: Order) -> OrderLine:
        return order.lines.order_by("pk")[0]

    def _rest(self, line: OrderLine) -> list[dict[str, object]]:
        others = line.order.lines.exclude(pk=line.pk).order_by("pk")
        return [{"sku": other.sku, "quantity": other.quantity} for other in others]

    def _orders(self, status: str) -> list[Order]:
        return list(
            Order.objects.filter(status=status).select_related("customer").order_by("placed_at", "pk")
        )
