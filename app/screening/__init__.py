"""The domain: from the bytes of a picture to a screening. Knows nothing of Flask or of training."""
