from django.urls import path

from messaging.views.attachments import attachment, thumbnail, upload
from messaging.views.emoji import emoji_data
from messaging.views.inbox import inbox, new_enquiry, unread
from messaging.views.messages import messages

app_name = "messaging"

urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/unread/", unread, name="unread"),
    path("inbox/new/", new_enquiry, name="enquiry"),
    path("inbox/<int:conversation_id>/", inbox, name="inbox-conversation"),
    path("conversations/<int:conversation_id>/messages/", messages, name="messages"),
    path("attachments/", upload, name="upload"),
    path("attachments/<uuid:attachment_id>/", attachment, name="attachment"),
    path("attachments/<uuid:attachment_id>/thumbnail/", thumbnail, name="thumbnail"),
    path("emoji/", emoji_data, name="emoji"),
]
