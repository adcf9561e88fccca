"""The page “API”: a person's own tokens, and commands to copy."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labelhub.accounts.models import ApiToken
from labelhub.tokens.commands import commands
from labelhub.tokens.forms import TokenForm
from printers.callers import caller_of

SHOWN = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """POST makes one and answers with its text: nothing keeps that for a second look."""
    caller = caller_of(request)
    form = TokenForm(request.user, caller, request.POST if request.method == "POST" else None)
    made, secret, status = None, "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            made, secret = form.issue()
            form, status = TokenForm(request.user, caller), 201
    mine = ApiToken.objects.filter(user_id=caller.user_id or 0).prefetch_related("bindings__printer__site")
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "commands": commands(request.build_absolute_uri("/").rstrip("/"), caller, secret),
        "tokens": mine[:SHOWN],
        "now": timezone.now(),
    }
    return render(request, "tokens.html", context, status=status)


@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id, user_id=caller_of(request).user_id or 0)
    if token.revoked_at is None:
        token.revoke()
    messages.success(request, _("“%(name)s” is refused from now on.") % {"name": token.name})
    return redirect("tokens")
