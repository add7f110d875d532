"""What the papers publish, each figure with the place where it stands; what is not here is "not at hand".

Only figures that could be read are here. Of most tables no copy was at hand, so that abstracts are the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.datasets import ham10000, isic2019, kaggle

NOT_AT_HAND = "not at hand"


@dataclass(frozen=True, slots=True)
class Figure:
    """Attributes:
    text: the figure as published, with its unit.
    source: the place in the paper.
    """

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """Attributes:
    name: what the paper calls it.
    data: name of the data set as our readers have it; in other words where none of them reads it.
    figures: by column of training.report.reproduction.COLUMNS.
    """

    name: str
    data: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Paper:
    """Attributes:
    key: how our recipes of this paper begin.
    citation: the paper.
    columns: of the comparison, by name in training.report.reproduction.COLUMNS.
    models: what it publishes; empty where no figure is at hand.
    recipes: further beginnings of names of recipes that belong beside it.
    settings: other figures, by what they are.
    """

    key: str
    citation: str
    columns: tuple[str, ...]
    models: tuple[PublishedModel, ...] = ()
    recipes: tuple[str, ...] = ()
    settings: Mapping[str, Figure] = field(default_factory=dict)


ISLAM_ABSTRACT = "arXiv:2406.17051, abstract"
ISLAM_TEXT = "arXiv:2406.17051, section not at hand"
ISLAM_STUDENT = Figure("163,362", ISLAM_TEXT)

ISLAM2024 = Paper(
    key="islam2024",
    citation=(
        "Islam, Hasib, Joti, Karim, Azam: Leveraging Knowledge Distillation for Lightweight Skin Cancer "
        "Classification: Balancing Accuracy and Computational Efficiency, 2024, arXiv:2406.17051"
    ),
    columns=("parameters", "accuracy", "precision", "recall", "f1", "mcc"),
    models=(
        PublishedModel(
            "student",
            ham10000.NAME,
            {"parameters": ISLAM_STUDENT, "accuracy": Figure("98.75 %", ISLAM_ABSTRACT)},
        ),
        PublishedModel(
            "student",
            kaggle.NAME,
            {"parameters": ISLAM_STUDENT, "accuracy": Figure("98.94 %", ISLAM_ABSTRACT)},
        ),
    ),
    recipes=("three_block",),
    settings={
        "student's file": Figure("2.03 MB; 469.77 KB with 16-bit quantization", ISLAM_ABSTRACT),
        "teacher": Figure("fusion of ResNet152V2, ConvNeXtBase and ViT Base", ISLAM_ABSTRACT),
        "teacher's parameters": Figure("over 236 M, about 3.39 M of them trainable", ISLAM_TEXT),
        "teacher's file": Figure("975.85 MB", ISLAM_TEXT),
        "distillation": Figure("T = 1, alpha = 0.5", ISLAM_TEXT),
        "optimisation": Figure("Adafactor, learning rate 0.002, batch 64, 70 epochs", ISLAM_TEXT),
    },
)

DSNET_ABSTRACT = "arXiv:2210.08086, abstract"

DSNET2022 = Paper(
    key="dsnet2022",
    citation="Khan, Alam, Dhruba, Zunair, Mohammed: Knowledge Distillation approach towards Melanoma Detection, 2022, "
    "arXiv:2210.08086",
    columns=(
        "parameters",
        "accuracy",
        "precision",
        "recall",
        "f1",
        "benign_precision",
        "benign_recall",
        "benign_f1",
    ),
    models=(
        PublishedModel(
            "DSNet",
            "dermoscopic images, melanoma or not",
            {"parameters": Figure("about 0.26 M", DSNET_ABSTRACT), "accuracy": Figure("91.7 %", DSNET_ABSTRACT)},
        ),
    ),
    settings={"inference": Figure("2.57 s, against 14.55 s of other pretrained models", DSNET_ABSTRACT)},
)

LIGHTKD_SOURCE = "the study named above, place not at hand"

LIGHTKD2025 = Paper(
    key="lightkd2025",
    citation="Knowledge distillation approach for skin cancer classification on lightweight deep learning model, 2025",
    columns=("parameters", "class_accuracy"),
    models=tuple(
        PublishedModel(phase, data, {"class_accuracy": Figure(text, LIGHTKD_SOURCE)})
        for phase, data, text in (
            ("phase 1", ham10000.NAME, "88.69 to 93.24 %"),
            ("phase 2", ham10000.NAME, "88.63 to 88.89 %"),
            ("phase 1", isic2019.NAME, "82.14 to 84.13 %"),
            ("phase 2", isic2019.NAME, "81.39 to 83.42 %"),
        )
    ),
)

ENSEMBLE2025 = Paper(
    key="ensemble2025",
    citation="the seven-class ensemble of 2025, split as `ham10000-report2025`",
    columns=("parameters", "class_accuracy", "class_balanced_accuracy"),
)
