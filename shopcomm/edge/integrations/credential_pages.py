"""The two pages on which a platform is joined and its credentials are changed: the same for every platform."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.accounts.access import ShopRequest
from shopcomm.core.accounts.rights import Label
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.edge.integrations.models import Connection

NAME = "name"


def credential_field(label: Any, longest: int, help_text: Any = "") -> forms.CharField:
    """A field for a key or the like: in digits' type, nothing that a browser fills in by itself."""
    widget = forms.TextInput({"class": "input num", "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=longest, widget=widget, help_text=help_text)


class PlatformForm(forms.Form):
    """What a platform is spoken to with, each by a field of a subclass; of a new one, what it is called here, too."""

    name = forms.CharField(
        label=gettext_lazy("店铺名称"),
        max_length=60,
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields[NAME]

    def credentials(self) -> dict[str, str]:
        """All but the name."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != NAME}


def answer_new_platform(
    request: ShopRequest,
    form: PlatformForm,
    title: Label,
    add: Callable[[str, dict[str, str]], Connection],
    *,
    untried: bool = False,
) -> HttpResponse:
    """The form of a new connection, or the page of the one that it made. `add` takes its name and credentials.

    `untried`: the page says that nobody has tried it against the live service.
    """
    refused = None
    if request.method == "POST" and form.is_valid():
        made = run_service(
            lambda: run_form_once(request, lambda: str(add(form.cleaned_data[NAME], form.credentials()).pk))
        )
        if made.refusal is None:
            messages.success(request, _("对接已建立，还需要在对方后台填写的在下面"))
            return redirect("integrations:connection", made.result)
        refused = made
    return _form_page(request, form, {"title": title, "untried": untried}, refused)


def answer_credentials(
    request: ShopRequest,
    form: PlatformForm,
    connection: Connection,
    change: Callable[[dict[str, str]], object],
) -> HttpResponse:
    """The credentials of a connection, or its page once they are changed."""
    refused = None
    if request.method == "POST" and form.is_valid():
        changed = run_service(lambda: change(form.credentials()))
        if changed.refusal is None:
            messages.success(request, _("已保存"))
            return redirect("integrations:connection", connection.pk)
        refused = changed
    return _form_page(request, form, {"title": connection.name, "connection": connection}, refused)


def _form_page(
    request: ShopRequest, form: PlatformForm, context: dict[str, Any], refused: Outcome | None
) -> HttpResponse:
    if refused is not None:
        form.add_error(None, refused.text)
    status = refused.status if refused is not None else 422 if form.errors else 200
    return render(
        request,
        "integrations/credentials.html",
        {"active": "integrations", "form": form, **context},
        status=status,
    )
