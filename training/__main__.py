"""`python -m training`."""

import os

# TensorFlow's notes on how it was compiled are not for whoever trains; its warnings and errors still are.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

from training.cli.main import main

if __name__ == "__main__":
    main()
