"""Fits the gate of a bundle: which pictures are too unlike the training pictures to be given a class."""
