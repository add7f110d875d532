"""Documents whose figures are written from the artifacts that they describe."""
