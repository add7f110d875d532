"""Figures drawn from evaluation.json, one subject a file; none shows a picture of the data."""
