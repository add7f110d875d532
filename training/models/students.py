"""Students of plain convolution blocks, as numbers; conv_student.py builds them.

Four of the field's small students differ only in these: the three-block network of Islam et al. 2024, DSNet of Khan et
al. 2022, and the custom student of the two-phase study of 2025. Nothing here needs Keras, so that a study is planned
without waiting for it.
"""

from dataclasses import dataclass

from training.specs import Conversion


@dataclass(frozen=True, slots=True)
class ConvStudent:
    """Attributes:
    name: of the network.
    filters: of the 3×3 convolution of each block, which ends in 2×2 max pooling.
    head_units: of each dense layer.
    head_activation: of those.
    conversion: of the feature map into features: global max pooling, global average pooling, or flattening.
    """

    name: str
    filters: tuple[int, ...]
    head_units: tuple[int, ...]
    head_activation: str
    conversion: Conversion


THREE_BLOCK = ConvStudent("three_block", (32, 64, 128), (256, 128, 32), "selu", "max")
"""Islam et al. 2024: 163,362 parameters with two classes, as published; 163,527 with seven."""

DSNET = ConvStudent("dsnet", (32, 64, 128, 128), (128,), "relu", "average")
"""Khan et al. 2022 publish the limits, not the layers: under ten layers, about 0.26 M parameters. These are ours."""

LIGHTKD = ConvStudent("lightkd_student", (32, 64, 128, 160), (64,), "relu", "average")
"""The custom student of the two-phase study of 2025: about 0.29 M parameters are published. The layers are ours."""

CONV_STUDENTS = {student.name: student for student in (THREE_BLOCK, DSNET, LIGHTKD)}
