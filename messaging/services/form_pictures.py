"""Pictures of a form: those that its page has uploaded in advance, and files sent with the form itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from messaging.errors import AttachmentUnknown
from messaging.models import Attachment
from messaging.selectors.attachments import own_uploads
from messaging.services.attachments import store_attachment
from shopcomm.core.accounts.actors import Actor

# The hidden fields of what was sent ahead.
UPLOADED = "uploaded"


@dataclass(frozen=True)
class FormPictures:
    """What a form brought: ids of uploads, and files."""

    uploaded: Sequence[str] = ()
    files: Sequence[UploadedFile] = ()

    @classmethod
    def read(
        cls, post: QueryDict, files: MultiValueDict[str, UploadedFile], *, field: str = "pictures"
    ) -> Self:
        """Read the posted pictures, `field` being that of the files."""
        came = [each for each in files.getlist(field) if isinstance(each, UploadedFile)]
        return cls(post.getlist(UPLOADED), came)

    def kept(self, actor: Actor) -> list[Attachment]:
        """Pictures uploaded in advance that still exist, for a form that is shown again."""
        return own_uploads(actor, self.uploaded)


def keep_pictures(*, actor: Actor, given: FormPictures, most: int) -> list[Attachment]:
    """The form's pictures as uploads of the actor's, no more than `most`.

    Raises AttachmentUnknown for an upload that is not theirs or not there any more, and what `store_attachment` raises.
    """
    ahead = own_uploads(actor, given.uploaded)
    if len(ahead) < len(set(given.uploaded)):
        raise AttachmentUnknown()
    room = max(0, most - len(ahead))
    return [*ahead[:most], *(store_attachment(actor=actor, upload=each) for each in given.files[:room])]


def message_kind(pictures: Sequence[Attachment]) -> str:
    """As what their message is sent."""
    return "image" if all(each.kind == Attachment.Kind.IMAGE for each in pictures) else "file"
