"""What a user of `python -m training` can put right: shown as one sentence, without a traceback."""


class TrainingError(Exception):
    """Something is missing or does not fit; the message says what to do."""


class Diverged(TrainingError):
    """A network's weights or answers are no longer finite."""
