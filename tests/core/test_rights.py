"""The table of rights, line by line, and the questions asked of it: `may` and `owns`."""

from types import SimpleNamespace

import pytest

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import RIGHT, RIGHTS, people_who_may, role_may, staff_roles_with

# By letter: sales, warehouse, manager, customer, the system itself (Y), an integration (I), an assistant.
ACTORS = {
    "S": Actor("staff", 1, "林晓雨", "sales"),
    "W": Actor("staff", 2, "周敏", "warehouse"),
    "M": Actor("staff", 3, "陈志强", "manager"),
    "C": Actor("customer", 4, "吴丽华", "customer"),
    "Y": Actor.system(),
    "I": Actor("api", 5, "ERP", "system"),
    "A": Actor("assistant", None, "助手", "assistant"),
}
TABLE = """
orders.view                     S.M....
orders.create                   S.M....
warehouse.view                  .WM....
conversations.view              S.M....
admin                           ..M....
orders.view_all                 ..M.YIA
orders.view_assigned            S......
orders.view_to_ship             .W.....
orders.view_own                 ...C...
orders.links                    .....I.
conversations.view_all          ..M.YIA
conversations.view_assigned     S......
conversations.view_own          ...C...
products.list                   .....I.
customers.list                  .....I.
customers.phones                .....I.
rules.read                      .....I.
events.follow                   .....I.
orders.place                    S.MCYI.
orders.pay                      ..M.YI.
orders.put_on_account           S.M.YI.
orders.cancel                   S.MC.I.
orders.expire                   ....YI.
orders.start_pick               .WM..I.
orders.release_pick             .WM..I.
orders.ship_parcel              .WM..I.
orders.quick_ship               .WM..I.
orders.mark_delivered           .WM.YI.
orders.parcel_returned          .WM.YI.
orders.confirm                  ...C.I.
orders.complete                 S.M..I.
orders.auto_complete            ....YI.
orders.request_full_refund      S.MC.I.
orders.refund_settled           ..M.YI.
orders.reject_refund            S.MC.I.
orders.downgrade_to_partial     S.M..I.
orders.cancel_paid              S.MC.I.
orders.edit                     S.M.YI.
orders.edit_own                 ...C...
orders.take_charge              S......
orders.name_prices              SWM.YIA
orders.close_overdue            ....Y..
orders.release_any_pick         ..M.YI.
orders.deliver_early            .WM..I.
orders.keep_refund              ...CYI.
deposits.keep                   ..M..I.
payments.record                 ..M.YI.
refunds.pay                     ..M.YI.
evaluations.give                ...C...
evaluations.answer              S.M..I.
warehouse.ship                  .WM..I.
parcels.scan                    SWM.YI.
stock.adjust                    ..M.YI.
shortages.report                .WM..I.
shortages.offer                 S.M..I.
shortages.choose                S.MC.I.
changes.answer                  S.M..I.
changes.answer_stockroom        .WM..I.
changes.answer_courier          SWM..I.
changes.answer_outside          S.M..I.
changes.answer_own              ...C...
changes.answer_escalated        ..M....
changes.ask_courier             SWMCY..
changes.record_consent          S.M..I.
changes.override                ..M....
changes.set_policy              ..M....
after_sales.open                S.MC.I.
after_sales.open_late           ..M..I.
after_sales.approve             S.M..I.
after_sales.reject              S.M..I.
after_sales.appeal              ...C...
after_sales.withdraw            S.MC.I.
after_sales.send                S.MC.I.
after_sales.inspect             .WM..I.
after_sales.conclude            S.M..I.
after_sales.decide_own_appeal   ..M..I.
quotes.write                    S.M..I.
quotes.accept                   S.MC.I.
conversations.note              S.M.YIA
conversations.speak             S.M.YI.
conversations.schedule          S.M....
conversations.manage_scheduled  ..M....
customers.write                 .....I.
webhooks.view                   ..M..I.
webhooks.manage                 ..M..I.
exports.make                    S.M....
exports.contacts                ..M....
imports.run                     ..M....
"""
LINES = dict(line.split() for line in TABLE.strip().splitlines())


def test_this_test_covers_every_right_of_the_table() -> None:
    assert set(LINES) == set(RIGHT)
    assert len(RIGHTS) == len(RIGHT)


@pytest.mark.parametrize("key", LINES)
def test_each_right_is_held_by_exactly_the_actors_in_the_table(key: str) -> None:
    holders = "".join(letter if actor.may(key) else "." for letter, actor in ACTORS.items())

    assert holders == LINES[key]


def test_asking_for_an_unknown_right_raises_an_error() -> None:
    with pytest.raises(KeyError):
        ACTORS["M"].may("orders.eat")


def test_the_system_acting_for_a_manager_has_a_managers_rights() -> None:
    stand_in = Actor("system", None, "系统", "manager")

    assert all(stand_in.may(right.key) == role_may("manager", right.key) for right in RIGHTS)


@pytest.mark.parametrize("kind", ["customer", "api", "assistant"])
def test_a_manager_role_on_an_actor_that_is_not_staff_gives_no_rights(kind: str) -> None:
    dressed_up = Actor(kind, 1, "某人", "manager")  # type: ignore[arg-type]

    assert not dressed_up.may("admin")
    assert not dressed_up.may("changes.override")


def order(pk: int, customer_id: int) -> SimpleNamespace:
    return SimpleNamespace(pk=pk, customer_id=customer_id)


def test_a_customer_owns_all_their_orders_and_a_link_only_its_own_order() -> None:
    known, by_link = (
        Actor("customer", 4, "吴", "customer"),
        Actor("customer", 4, "吴", "customer", order_id=7),
    )

    assert [known.owns(order(7, 4)), known.owns(order(8, 4)), known.owns(order(7, 5))] == [True, True, False]
    assert [by_link.owns(order(7, 4)), by_link.owns(order(8, 4))] == [True, False]


@pytest.mark.parametrize("letter", "SWMYIA")
def test_staff_with_the_same_id_as_a_customer_do_not_own_that_customers_order(letter: str) -> None:
    actor = ACTORS[letter]

    assert not actor.owns(order(7, actor.id or 0))
    assert not actor.owns_account(actor.id)


def test_people_who_may_includes_customers_and_staff_roles_with_lists_only_staff() -> None:
    assert people_who_may("payments.record") == {"manager"}
    assert people_who_may("after_sales.open") == {"sales", "manager", "customer"}
    assert staff_roles_with("after_sales.open") == ["manager", "sales"]
