"""A bundle behind all six stages, whatever those of model_store have."""

import shutil
from pathlib import Path

from app.config import DEFAULT_BUNDLE
from app.screening.bundle import load_bundle
from app.screening.preprocess import STAGES
from app.screening.screener import Screener
from training.bundles import read_manifest, write_manifest


class Unchecked(Screener):
    """A screener that starts with parity samples of another preprocessing."""

    def check_parity(self) -> None:
        """Checks nothing."""


def with_all_stages(folder: Path) -> Path:
    """Writes the default bundle with all six stages before its network, without a gate.

    What it answers is of no worth: its network has learnt on other pictures. It shows what pages show of the stages.

    Args:
        folder: is made.

    Returns:
        The folder.
    """
    shutil.copytree(DEFAULT_BUNDLE, folder)
    manifest = read_manifest(folder)
    manifest["preprocess"]["stages"] = list(STAGES)
    manifest["gate"] = None
    write_manifest(folder, manifest)
    screener = Unchecked(load_bundle(folder))
    for entry, sample in zip(manifest["parity"], screener.bundle.parity, strict=True):
        entry["probabilities"] = screener.screen(sample.upload).raw_probabilities.tolist()
    write_manifest(folder, manifest)
    return folder
