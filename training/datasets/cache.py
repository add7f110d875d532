"""Preprocessed images on disk, so that the six stages run once an image and not once an epoch.

A cache belongs to one PreprocessSpec and one list of images: its folder is named by their digest, so that a cache of
other contents is never found, let alone used.

Memory stays bounded however many images there are: one process a core holds one image, and the cache is a file that the
system maps; its pages can be dropped at any time.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap
from tqdm import tqdm

from app.screening.preprocess import PreprocessSpec, preprocess
from training.datasets.images import read_image
from training.datasets.records import LesionRecord

ALGORITHM = "preprocess-cache-1"


@dataclass(frozen=True, slots=True)
class PreprocessedImages:
    """Attributes:
    pixels: uint8 (N, side, side, 3), memory-mapped; `network_input` makes of it exactly what `preprocess` gives.
    image_ids: N ids, in the order of `pixels`.
    digest: of the pictures' files and their preprocessing.
    """

    pixels: npt.NDArray[np.uint8]
    image_ids: tuple[str, ...]
    digest: str


def preprocessed(records: Sequence[LesionRecord], spec: PreprocessSpec, cache_root: Path) -> PreprocessedImages:
    """The six stages of every record, from the cache where it has them.

    Args:
        records: in the order wanted.
        spec: pictures are kept as uint8, before its `rescale` stage.
        cache_root: folder that holds all caches.

    Raises:
        DatasetError: a picture cannot be decoded; it is named.
        ValueError: the output of `spec` is no whole grey levels, or those over 255, and cannot be kept as uint8.
    """
    folder = cache_root / _digest(records, spec)
    if not (folder / "index.json").is_file():
        _build(records, spec, folder)
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return PreprocessedImages(np.load(folder / "pixels.npy", mmap_mode="r"), tuple(index["image_ids"]), folder.name)


def network_input(
    inputs: npt.NDArray[np.uint8] | npt.NDArray[np.float32], spec: PreprocessSpec
) -> npt.NDArray[np.float32]:
    """What the network is given of cached pictures uint8 (..., side, side, 3), or of features, which stay as they are.

    Returns:
        float32 of the same shape; pictures in 0..1, or in 0..255 without the `rescale` stage.
    """
    levels = inputs.astype(np.float32)
    if inputs.dtype != np.uint8:
        return levels
    # Divided and not multiplied by 1/255, which would be off by a bit from what serving computes.
    return levels / np.float32(255) if "rescale" in spec.stages else levels


def _build(records: Sequence[LesionRecord], spec: PreprocessSpec, folder: Path) -> None:
    # Built beside its place and renamed when whole: an interrupted build leaves nothing that looks like a cache.
    building = folder.with_name(f"{folder.name}.building-{os.getpid()}")
    building.mkdir(parents=True)
    try:
        shape = (len(records), spec.output_size, spec.output_size, 3)
        pixels = open_memmap(building / "pixels.npy", mode="w+", dtype=np.uint8, shape=shape)
        paths = [str(record.image_path) for record in records]
        with multiprocessing.get_context("spawn").Pool() as pool:
            pictures = pool.imap(partial(_preprocess_file, spec=spec), paths, chunksize=16)
            for row, picture in enumerate(tqdm(pictures, total=len(paths), desc="six stages", unit="image")):
                pixels[row] = picture
        pixels.flush()
        index = {
            "algorithm": ALGORITHM,
            "preprocess": spec.to_dict(),
            "image_ids": [record.image_id for record in records],
        }
        (building / "index.json").write_text(json.dumps(index), encoding="utf-8")
        _move(building, folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _move(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)
    except OSError:
        # Another process was building the same and was first: what it made is as good.
        if not (folder / "index.json").is_file():
            raise
        shutil.rmtree(building)


def _preprocess_file(path: str, spec: PreprocessSpec) -> npt.NDArray[np.uint8]:
    picture = preprocess(read_image(Path(path)), spec)
    levels: npt.NDArray[np.uint8] = np.rint(picture * (255 if "rescale" in spec.stages else 1)).astype(np.uint8)
    if not np.array_equal(network_input(levels, spec), picture):
        raise ValueError("this PreprocessSpec does not give whole grey levels; the cache cannot keep it as uint8")
    return levels


def _digest(records: Sequence[LesionRecord], spec: PreprocessSpec) -> str:
    digest = hashlib.sha256(json.dumps([ALGORITHM, spec.to_dict()], sort_keys=True).encode())
    for record in records:
        digest.update(record.image_id.encode() + hashlib.sha256(record.image_path.read_bytes()).digest())
    return digest.hexdigest()[:24]
