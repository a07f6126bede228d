"""URLs of the order desk."""

from django.urls import path

from orders.views import (
    addresses,
    after_sales,
    change_policy,
    change_requests,
    customer_links,
    debts,
    desk,
    editing,
    evaluations,
    lookups,
    parcels,
    payments,
    states,
    todo,
    transitions,
)

app_name = "orders"

urlpatterns = [
    path("", desk.order_list_page, name="list"),
    path("states/", states.states_page, name="states"),
    path("changes/", change_policy.change_policy_page, name="change-policy"),
    path("changes/<int:request_id>/<slug:answer>/", change_requests.answer_at_desk, name="answer-change"),
    path("after-sales/<int:case_id>/send/", after_sales.return_parcel_page, name="return-parcel"),
    path("after-sales/<int:case_id>/<slug:answer>/", after_sales.answer_case, name="answer-case"),
    path("parcels/<int:shipment_id>/", parcels.parcel_page, name="parcel"),
    path("parcels/<int:shipment_id>/intercept/", parcels.intercept_from_page, name="intercept-parcel"),
    path("parcels/<int:shipment_id>/redirect/", parcels.redirect_to_address, name="redirect-parcel"),
    path("parcels/tasks/<int:parcel_task_id>/settle/", parcels.settle_parcel_task, name="settle-parcel-task"),
    path("parcels/<int:shipment_id>/signed/", parcels.confirm_parcel_signed, name="sign-parcel"),
    path("refunds/<int:refund_id>/<slug:outcome>/", after_sales.answer_refund, name="settle-refund"),
    path("debts/", debts.debts_page, name="debts"),
    path("debts/<int:customer_id>/", debts.statement_page, name="statement"),
    path("debts/<int:customer_id>/repay/", debts.repay_debts, name="repay"),
    path("todo/count/", todo.todo_badge, name="todo-count"),
    path("new/", editing.create_order, name="create"),
    path("lookup/variants/", lookups.variant_lookup, name="variants"),
    path("lookup/address/", addresses.read_pasted, name="read-address"),
    path("lookup/customers/", lookups.customer_lookup, name="customers"),
    path("<str:number>/", desk.desk_order_page, name="detail"),
    path("<str:number>/chat/", desk.desk_order_page, {"view": "chat"}, name="chat"),
    path("<str:number>/events/", desk.desk_order_page, {"view": "events"}, name="events"),
    path("<str:number>/row/", desk.row_part, name="row"),
    path("<str:number>/part-refund/", transitions.part_refund, name="part-refund"),
    path("<str:number>/deposit/", payments.give_back_deposit, name="deposit"),
    path("<str:number>/payments/", payments.enter_payment, name="payment"),
    path("<str:number>/evaluation/", evaluations.reply_to_evaluation, name="answer-evaluation"),
    path("<str:number>/edit/", editing.change_order, name="edit"),
    path("<str:number>/to/<str:to>/", transitions.transition_page, name="transition"),
    path("<str:number>/link/", customer_links.copy_link, name="link"),
    path("<str:number>/link/revoke/", customer_links.close_links, name="link_revoke"),
    path("<str:number>/phone/", customer_links.show_phone, name="phone"),
]
