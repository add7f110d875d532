"""The leakage audit: the same picture, and so the same lesion, within and across data sets."""
