"""Languages: English, and translations that await a medical review."""

from flask import Flask, request
from flask_babel import Babel, format_decimal, get_locale

LANGUAGES = {"en": "English", "es": "Español", "de": "Deutsch", "bn": "বাংলা"}
"""Code: the language's name in itself. All but English are marked as awaiting medical review."""

COOKIE = "language"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def register(app: Flask) -> None:
    """Sets up Flask-Babel and gives templates `languages`, `language` and the filter `percent`."""
    Babel(app, locale_selector=chosen, default_translation_directories=app.root_path + "/web/translations")
    app.jinja_env.filters["percent"] = percent
    app.context_processor(lambda: {"languages": LANGUAGES, "language": str(get_locale() or "en")})


def chosen() -> str:
    """The language of the switch, else the best of Accept-Language, else English."""
    if (code := request.cookies.get(COOKIE)) in LANGUAGES:
        return code
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def percent(share: float, digits: int = 1) -> str:
    """0..1 as a percentage, with the decimal sign of the language, such as "43.2 %".

    What is neither 0 nor 1 is never rounded to them: "< 0.1 %" and "> 99.9 %", since no model is that sure.
    """
    pattern = "0." + "0" * digits if digits else "0"
    least = 10.0**-digits
    value, sign = share * 100, ""
    if 0 < value < least / 2:
        value, sign = least, f"<{NO_BREAK_SPACE}"
    elif 100 - least / 2 < value < 100:
        value, sign = 100 - least, f">{NO_BREAK_SPACE}"
    return f"{sign}{format_decimal(value, pattern)}{NO_BREAK_SPACE}%"
