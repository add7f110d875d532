"""One reader a publisher's layout, label schemes, splits and the cache of preprocessed images."""
