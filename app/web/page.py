"""What every page is rendered with."""

from typing import Any

from flask import current_app, render_template
from flask_babel import gettext

from app.ops.errors import Refusal
from app.screening.screener import DISCLAIMER
from app.web.words import PREDICTIONS, STAGES, VERDICTS


def render(template: str, **values: Any) -> str:
    """A page with its footer."""
    bundle = current_app.extensions["screener"].bundle
    return render_template(
        template,
        disclaimer=gettext(DISCLAIMER),
        bundle=bundle,
        verdicts=VERDICTS,
        predictions=PREDICTIONS,
        stages=STAGES,
        told=told,
        **values,
    )


def told(refusal: Refusal) -> str:
    """A refusal's advice in the reader's language."""
    return str(gettext(refusal.text, **refusal.values))
