"""The student of Islam et al. 2024: three convolution blocks and a SELU head; as it is shipped and as it is trained."""

import keras

from training.models.batch_norm import BatchNormReLU, fold_into_convolution, fold_into_dense

FILTERS = (32, 64, 128)
HEAD_UNITS = (256, 128, 32)
BLOCKS = tuple(range(1, len(FILTERS) + 1))


def three_block_student(*, input_side: int, classes: int) -> keras.Model:
    """Builds the student as it is shipped.

    The picture is inverted first, so that the white that the ROI stage makes of the skin is 0, as the padding is: the
    convolutions then answer to the lesion. Then three blocks of 3×3 convolution (32, 64, 128 filters; ReLU, same
    padding) and 2×2 max pooling, global max pooling, dense 256-128-32 with SELU, softmax. 163,362 parameters with two
    classes, as published; 163,527 with seven.

    Args:
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 probabilities (N, classes).
    """
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    features = 1.0 - pictures
    for block, filters in zip(BLOCKS, FILTERS, strict=True):
        features = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv")(
            features
        )
        features = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
    features = keras.layers.GlobalMaxPooling2D(name="features")(features)
    # float32: a softmax in bfloat16 has three significant digits, which calibration would then be built on.
    answers = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(_head(features))
    return keras.Model(pictures, answers, name="three_block_student")


def three_block_in_training(*, input_side: int, classes: int) -> keras.Model:
    """Builds the student as it is trained: with batch norm after each pooling and before the head.

    After training it is no more than another bias and scale, which `folded` puts into the layer beside it. It stands
    after the pooling, where a quarter of the values is left, and has no scale of its own: a maximum and a positive
    scale change places, and a negative scale would not.

    Args as `three_block_student`; the result gives float32 logits (N, classes).
    """
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    features = 1.0 - pictures
    for block, filters in zip(BLOCKS, FILTERS, strict=True):
        features = keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"block{block}_conv"
        )(features)
        features = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
        features = BatchNormReLU(name=f"block{block}_norm")(features)
    features = keras.layers.GlobalMaxPooling2D(name="features")(features)
    features = keras.layers.BatchNormalization(momentum=0.98, dtype="float32", name="features_norm")(features)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(_head(features))
    return keras.Model(pictures, logits, name="three_block_in_training")


def folded(trained: keras.Model) -> keras.Model:
    """The shipped form of a model of `three_block_in_training`, in float32, with the probabilities of its logits.

    The policy of the process must be float32: TFLite's kernels know no bfloat16.
    """
    _, side, _, _ = trained.input_shape
    student = three_block_student(input_side=side, classes=trained.output_shape[-1])
    for block in BLOCKS:
        convolution, norm = (trained.get_layer(f"block{block}_{part}") for part in ("conv", "norm"))
        student.get_layer(f"block{block}_conv").set_weights(fold_into_convolution(convolution, norm))
    dense = [f"dense_{units}" for units in HEAD_UNITS]
    student.get_layer(dense[0]).set_weights(
        fold_into_dense(trained.get_layer("features_norm"), trained.get_layer(dense[0]))
    )
    for name in dense[1:]:
        student.get_layer(name).set_weights(trained.get_layer(name).get_weights())
    student.get_layer("probabilities").set_weights(trained.get_layer("logits").get_weights())
    return student


def _head(features: keras.KerasTensor) -> keras.KerasTensor:
    for units in HEAD_UNITS:
        features = keras.layers.Dense(
            units, activation="selu", kernel_initializer="lecun_normal", name=f"dense_{units}"
        )(features)
    return features
