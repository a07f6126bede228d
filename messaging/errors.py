"""Why a message, a file or a subscription was refused. Every error has a code, an HTTP status and a sentence."""

from django.utils.translation import gettext_lazy as _

from shopcomm.core.refusals import Refusal


class MessagingError(Refusal):
    """A conversation, a message or a file refuses."""


class NotFound(MessagingError):
    code, status, detail = "not_found", 404, _("没有这个会话")


class Forbidden(MessagingError):
    code, status, detail = "forbidden", 403, _("没有权限")


class BodyRequired(MessagingError):
    code, detail = "body_required", _("消息不能为空")


class BodyTooLong(MessagingError):
    code, detail = "body_too_long", _("消息太长，请分几条发送或作为文件发送")


class BadMessage(MessagingError):
    code, detail = "bad_message", _("消息格式不对")


class AttachmentUnknown(MessagingError):
    code, detail = "attachment_unknown", _("附件不存在或已经发送过")


class RecallWindowPassed(MessagingError):
    code, status, detail = "recall_window_passed", 409, _("已超过可撤回的时间")


class FileTooLarge(MessagingError):
    code, status, detail = "file_too_large", 413, _("文件太大")


class PictureTooLarge(MessagingError):
    code, status, detail = "picture_too_large", 413, _("图片太大")


class FileTypeRefused(MessagingError):
    code, status = "file_type_refused", 415
    detail = _(
        "不支持这种文件。可以发送图片（JPG、PNG、GIF、WebP、HEIC、AVIF、BMP）、视频（MP4、MOV）、"
        "语音（M4A、MP3、AMR、OGG、WAV）、PDF、Office 文档、CSV、TXT 和 zip"
    )


class TooManyUploads(MessagingError):
    code, status, detail = "rate_limited", 429, _("上传太频繁，请稍后再试")


class UnsentFull(MessagingError):
    code, status, detail = "unsent_uploads_full", 413, _("还没发送的附件太多，请先发送")


class FileMissing(MessagingError):
    code, status, detail = "file_missing", 404, _("这个文件已不在服务器上")


class StorageUnavailable(MessagingError):
    code, status, detail = "storage_unavailable", 503, _("暂时无法读写文件，请稍后再试")


class TooMany(MessagingError):
    code, status, detail = "rate_limited", 429, _("发送太快，请稍等片刻")


class Unavailable(MessagingError):
    code, status, detail = "unavailable", 503, _("暂时无法保存，请稍后重试")
