"""What a card says of data, split and network: from the recipe and the split manifest, never taken for granted."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.datasets.manifests import SplitManifest
from training.datasets.records import DatasetError
from training.recipe import load_recipe, recipe_names
from training.specs import CONVOLUTION_STUDENTS

NETWORKS = {
    "mobile_short": (
        "Our own student, the first eight blocks of MobileNetV2 (Sandler et al. 2018) as they were trained on ImageNet "
        "(Deng et al. 2009) and a tail,"
    ),
    "three_block": "The three-block student of Islam et al. 2024",
    "dsnet": "A student in the limits of DSNet (Khan et al. 2022)",
    "lightkd_student": "A custom student in the limits of the two-phase study of 2025",
}
FROM_NOTHING = tuple(name for name in CONVOLUTION_STUDENTS if name != "mobile_short")
"""Networks that begin with random weights; all others are pretrained."""

DATASETS = {
    "ham10000": (
        "HAM10000 (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018; CC BY-NC 4.0), images squashed to "
        "224×224"
    ),
    "isic2017": "ISIC 2017 (Codella et al. 2018; CC0)",
    "isic2019": "ISIC 2019 (Tschandl et al. 2018; Codella et al. 2018; Combalia et al. 2019; CC BY-NC 4.0)",
    "kaggle_malignant_vs_benign": "Kaggle's Malignant vs. Benign, most of whose images are HAM10000's and ISIC 2017's",
}

HAM10000_LIMITS = (
    (
        "One data set, from two clinics in Austria and Australia, mostly light skin: nothing is known of its worth "
        "elsewhere or on dark skin. Half of the diagnoses rest on histology."
    ),
    "HAM10000's share of malignant lesions is far above a clinic's: the precision above does not carry over.",
)
AUDITED = "ham10000-audited"
AUDITED_LIMITS = (
    (
        "Lesions of this test part were in that of an earlier split, on which three earlier recipes were measured: the "
        "choice of network and augmentation is not wholly blind to them."
    ),
)
JOINED_LIMITS = (
    (
        "Lesion ids that the leakage audit finds to be one lesion were kept in one part. What the audit does not find, "
        "as other pictures of a lesion taken years apart, may be on both sides."
    ),
)
BY_LESION_LIMITS = (
    (
        "The published 98 to 99 % accuracies of this field come mostly from splits by image, with the same lesion on "
        "both sides. These figures come from a split by lesion and are not comparable."
    ),
)
BY_IMAGE_LIMITS = (
    (
        "**The split is by image, as in the reproduced paper: images of one lesion are in training and in test. The "
        "figures above are too good, and say nothing of a lesion that the model has not seen.**"
    ),
)


def network_sentence(name: str) -> str:
    """What network it is."""
    return NETWORKS.get(name, f"The network `{name}`")


def taught_by(teachers: Sequence[str]) -> str:
    """Who taught it, and what these had learnt before; "trained on hard labels" where nobody did."""
    if not teachers:
        return "trained on hard labels, without a teacher"
    named = [name for name in teachers if name in recipe_names()]
    pretrained = [name for name in named if load_recipe(name).network.name not in FROM_NOTHING]
    before = "" if not pretrained else f" ({' and '.join(pretrained)} from weights of ImageNet)"
    return f"taught by {' and '.join(teachers)}{before}"


def mirrors_sentence(manifest: Mapping[str, Any]) -> str:
    """How many mirror images of a picture are behind an answer; empty where it is the picture alone."""
    images = {2: "the picture and its mirror image", 4: "the picture and its three mirror images"}
    count = manifest["export"].get("mirrors", 1)
    return f"Each answer is the mean of those to {images[count]}. " if count > 1 else ""


def data_sentence(dataset: str) -> str:
    """What the data set is."""
    return DATASETS.get(dataset, f"The folder `{dataset}`")


def split_sentence(name: str) -> str:
    """How the data was split."""
    split = _split(name)
    if split is None:
        return f"Split `{name}`, whose manifest is not in this repository"
    shares = ":".join(f"{share * 100:.0f}" for share in split.fractions)
    joined = ", lesion ids joined by the leakage audit" if split.joined else ""
    return f"Split `{name}`: {shares} by {_by(split)}, stratified by class{joined}"


def limits(recipe: Mapping[str, Any]) -> list[str]:
    """What has to be known before the figures are believed."""
    split = _split(recipe["split"])
    found = [*(HAM10000_LIMITS if recipe["dataset"] == "ham10000" else ())]
    found += AUDITED_LIMITS if recipe["split"] == AUDITED else ()
    found += JOINED_LIMITS if split and split.joined else ()
    if split:
        found += BY_LESION_LIMITS if _by(split) == "lesion" else BY_IMAGE_LIMITS
    return found


def _by(split: SplitManifest) -> str:
    return split.algorithm.split("-")[0]


def _split(name: str) -> SplitManifest | None:
    try:
        return SplitManifest.load(name)
    except DatasetError:
        return None
