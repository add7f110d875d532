"""Screening of whole archives: `flask --app wsgi screen`, on one machine or on a Dask cluster."""

from app.bulk.commands import register

__all__ = ["register"]
