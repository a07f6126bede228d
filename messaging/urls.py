from django.urls import path

from messaging.views.attachments import attachment_file, attachment_thumbnail, upload_attachment
from messaging.views.cards import act_on_card, card_part
from messaging.views.custody import end_or_reopen, give_to_colleague, link_to_order
from messaging.views.emoji import emoji_data
from messaging.views.inbox import new_enquiry, show_inbox, unread_badge
from messaging.views.messages import conversation_messages
from messaging.views.notices import (
    mark_notice_seen,
    notices_badge,
    notices_page,
    order_notices_page,
    retry_delivery,
    retry_notice,
    save_staff_preferences,
)
from messaging.views.rules import (
    delete_rule,
    restore_rule,
    rule_page,
    rule_rehearsal,
    rule_versions,
    rules_index,
    try_on_me,
    try_rule,
)
from messaging.views.saying import send_from_form
from messaging.views.waiting import change_waiting, waiting_forms, waiting_part

app_name = "messaging"

urlpatterns = [
    path("inbox/", show_inbox, name="inbox"),
    path("inbox/unread/", unread_badge, name="unread"),
    path("inbox/new/", new_enquiry, name="enquiry"),
    path("inbox/<int:conversation_id>/", show_inbox, name="inbox-conversation"),
    path("inbox/<int:conversation_id>/close/", end_or_reopen, name="conversation-close"),
    path("inbox/<int:conversation_id>/hand-over/", give_to_colleague, name="conversation-give"),
    path("inbox/<int:conversation_id>/order/", link_to_order, name="conversation-link"),
    path("conversations/<int:conversation_id>/messages/", conversation_messages, name="messages"),
    path("conversations/<int:conversation_id>/say/", send_from_form, name="say"),
    path("conversations/<int:conversation_id>/cards/<int:seq>/", card_part, name="card"),
    path(
        "conversations/<int:conversation_id>/cards/<int:seq>/<slug:action>/", act_on_card, name="card-action"
    ),
    path("conversations/<int:conversation_id>/waiting/", waiting_part, name="waiting"),
    path("conversations/<int:conversation_id>/waiting/forms/", waiting_forms, name="waiting-forms"),
    path("conversations/<int:conversation_id>/waiting/change/", change_waiting, name="waiting-change"),
    path("attachments/", upload_attachment, name="upload"),
    path("attachments/<uuid:attachment_id>/", attachment_file, name="attachment"),
    path("attachments/<uuid:attachment_id>/thumbnail/", attachment_thumbnail, name="thumbnail"),
    path("rules/", rules_index, name="rules"),
    path("rules/new/", rule_page, name="rule-new"),
    path("rules/try/", try_rule, name="rule-try"),
    path("rules/<int:rule_id>/", rule_page, name="rule"),
    path("rules/<int:rule_id>/delete/", delete_rule, name="rule-delete"),
    path("rules/<int:rule_id>/rehearsal/", rule_rehearsal, name="rule-rehearsal"),
    path("rules/<int:rule_id>/to-me/", try_on_me, name="rule-to-me"),
    path("rules/<int:rule_id>/versions/", rule_versions, name="rule-versions"),
    path("rules/<int:rule_id>/versions/<int:number>/", restore_rule, name="rule-restore"),
    path("notices/", notices_page, name="notices"),
    path("notices/unseen/", notices_badge, name="notices-unseen"),
    path("notices/wishes/", save_staff_preferences, name="wishes"),
    path("notices/see/", mark_notice_seen, name="notices-see"),
    path("notices/deliveries/<int:delivery_id>/retry/", retry_delivery, name="delivery-retry"),
    path("notices/<int:notice_id>/retry/", retry_notice, name="notice-retry"),
    path("orders/<str:number>/notices/", order_notices_page, name="why"),
    path("emoji/", emoji_data, name="emoji"),
]
