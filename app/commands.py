"""`flask --app wsgi screen` and `summarise`: their code is loaded when they are asked for, and no server carries it."""

import importlib
from collections.abc import Mapping

import click
from flask import Blueprint, Flask
from flask.cli import AppGroup

from app.config import Config

CONFIG = "commands"
"""In `app.extensions`: the settings, for commands."""

LOADED_LATER: Mapping[str, str] = {"screen": "app.bulk.commands", "summarise": "app.summary.command"}
"""Commands, and the modules that have them under their names."""


class Commands(AppGroup):
    """Flask's group, with commands that are imported when they are looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*super().list_commands(ctx), *LOADED_LATER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None where there is none of the name."""
        if cmd_name not in LOADED_LATER:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(LOADED_LATER[cmd_name]), cmd_name)
        return command


def register(app: Flask, config: Config) -> None:
    """Makes place for the commands of every part; before any of them is registered."""
    app.cli = Commands(app.name)
    app.extensions[CONFIG] = config
    app.register_blueprint(Blueprint("summary", __name__, template_folder="summary/templates"))
