"""What the conversations API takes and gives."""

from rest_framework import serializers

from messaging.models import Attachment, Conversation


class ConversationOutput(serializers.ModelSerializer):
    order = serializers.CharField(source="order.number", default=None, allow_null=True)
    customer = serializers.CharField(source="customer.name", default=None, allow_null=True)

    class Meta:
        model = Conversation
        fields = ("id", "order", "customer", "subject", "last_seq", "last_message_at", "created_at")


class SenderOutput(serializers.Serializer):
    kind = serializers.CharField()
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()


class AttachmentOutput(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    mime = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()
    state = serializers.ChoiceField(Attachment.State.choices)
    thumbnail = serializers.CharField(allow_null=True)


class MessageOutput(serializers.Serializer):
    """The message of the contract; made by `messaging.presenters`."""

    seq = serializers.IntegerField()
    prev = serializers.IntegerField()
    kind = serializers.CharField()
    body = serializers.CharField()
    sender = SenderOutput()
    attachments = AttachmentOutput(many=True)
    reply_to = serializers.IntegerField(allow_null=True)
    internal = serializers.BooleanField()
    client_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    recalled = serializers.BooleanField()
    data = serializers.DictField()  # type: ignore[assignment]


class MessageList(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MessageOutput(many=True)


class MessageInput(serializers.Serializer):
    client_id = serializers.UUIDField()
    kind = serializers.ChoiceField(["text", "image", "file", "card"], default="text")
    body = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)
    attachments = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=9)
    reply_to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    internal = serializers.BooleanField(default=False)


class PageFilter(serializers.Serializer):
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**62)
    before = serializers.IntegerField(required=False, min_value=0, max_value=2**62)
    limit = serializers.IntegerField(required=False, default=50, min_value=1)


class UploadInput(serializers.Serializer):
    file = serializers.FileField()


class SearchFilter(serializers.Serializer):
    q = serializers.CharField(max_length=200)
    order = serializers.CharField(required=False, max_length=32, default="", allow_blank=True)
    sender = serializers.ChoiceField(
        ["customer", "staff", "system", "assistant"], required=False, default="", allow_blank=True
    )
    since = serializers.DateTimeField(required=False, default=None)
    until = serializers.DateTimeField(required=False, default=None)
    has = serializers.ChoiceField(["image", "file"], required=False, default="", allow_blank=True)
    limit = serializers.IntegerField(required=False, default=50, min_value=1)


class HitOutput(serializers.Serializer):
    conversation = serializers.IntegerField()
    order = serializers.CharField(allow_null=True)
    highlights = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    message = MessageOutput()


class HitList(serializers.Serializer):
    results = HitOutput(many=True)
