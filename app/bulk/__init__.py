"""Screening of whole archives: `flask --app wsgi screen`, on one machine or on a Dask cluster."""
