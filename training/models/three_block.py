"""The student of Islam et al. 2024: three convolution blocks and a SELU head."""

import keras

FILTERS = (32, 64, 128)
HEAD_UNITS = (256, 128, 32)


def three_block_student(*, input_side: int, classes: int) -> keras.Model:
    """Builds the student.

    Three blocks of 3×3 convolution (32, 64, 128 filters; ReLU, same padding) and 2×2 max pooling, global max pooling,
    dense 256-128-32 with SELU, softmax. 163,362 parameters with two classes, as published; 163,527 with seven.

    Args:
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 probabilities (N, classes).
    """
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    features = pictures
    for block, filters in enumerate(FILTERS, start=1):
        features = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv")(
            features
        )
        features = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
    features = keras.layers.GlobalMaxPooling2D(name="features")(features)
    for units in HEAD_UNITS:
        features = keras.layers.Dense(
            units, activation="selu", kernel_initializer="lecun_normal", name=f"dense_{units}"
        )(features)
    # float32: a softmax in bfloat16 has three significant digits, which calibration would then be built on.
    probabilities = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(features)
    return keras.Model(pictures, probabilities, name="three_block_student")
