"""Students of plain convolution blocks (students.py), as they are shipped and as they are trained."""

import keras

from training.models.batch_norm import BatchNorm, fold_into_convolution, fold_into_dense
from training.models.students import ConvStudent

CONVERSIONS = {
    "max": keras.layers.GlobalMaxPooling2D,
    "average": keras.layers.GlobalAveragePooling2D,
    "flatten": keras.layers.Flatten,
}


def shipped_form(student: ConvStudent, *, input_side: int, classes: int) -> keras.Model:
    """Builds a student as it is shipped.

    The picture is inverted first, so that the white that the ROI stage makes of the skin is 0, as the padding is: the
    convolutions then answer to the lesion. Then blocks of 3×3 convolution (ReLU, same padding) and 2×2 max pooling, the
    conversion into features, dense layers, softmax.

    Args:
        student: its layers.
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 probabilities (N, classes).
    """
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    features = 1.0 - pictures
    for block, filters in enumerate(student.filters, start=1):
        features = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv")(
            features
        )
        features = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
    features = CONVERSIONS[student.conversion](name="features")(features)
    # float32: a softmax in bfloat16 has three significant digits, which calibration would then be built on.
    answers = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(
        _head(student, features)
    )
    return keras.Model(pictures, answers, name=student.name)


def trained_form(student: ConvStudent, *, input_side: int, classes: int) -> keras.Model:
    """Builds a student as it is trained: with batch norm after each pooling and before the head.

    After training it is no more than another bias and scale, which `folded` puts into the layer beside it. It stands
    after the pooling, where a quarter of the values is left, and has no scale of its own: a maximum and a positive
    scale change places, and a negative scale would not.

    Args as `shipped_form`; the result gives float32 logits (N, classes).
    """
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    features = 1.0 - pictures
    for block, filters in enumerate(student.filters, start=1):
        features = keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"block{block}_conv"
        )(features)
        features = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
        features = BatchNorm(name=f"block{block}_norm")(features)
    features = CONVERSIONS[student.conversion](name="features")(features)
    features = keras.layers.BatchNormalization(momentum=0.98, dtype="float32", name="features_norm")(features)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(_head(student, features))
    return keras.Model(pictures, logits, name=f"{student.name}_in_training")


def folded(student: ConvStudent, trained: keras.Model) -> keras.Model:
    """The shipped form of a model of `trained_form`, in float32, with the probabilities of its logits.

    The policy of the process must be float32: TFLite's kernels know no bfloat16.
    """
    _, side, _, _ = trained.input_shape
    shipped = shipped_form(student, input_side=side, classes=trained.output_shape[-1])
    for block in range(1, len(student.filters) + 1):
        convolution, norm = (trained.get_layer(f"block{block}_{part}") for part in ("conv", "norm"))
        shipped.get_layer(f"block{block}_conv").set_weights(fold_into_convolution(convolution, norm))
    first, *rest = [f"dense_{units}" for units in student.head_units]
    shipped.get_layer(first).set_weights(fold_into_dense(trained.get_layer("features_norm"), trained.get_layer(first)))
    for name in rest:
        shipped.get_layer(name).set_weights(trained.get_layer(name).get_weights())
    shipped.get_layer("probabilities").set_weights(trained.get_layer("logits").get_weights())
    return shipped


def _head(student: ConvStudent, features: keras.KerasTensor) -> keras.KerasTensor:
    # LeCun's initialisation is what SELU's fixed point is derived for (Klambauer et al. 2017).
    initializer = "lecun_normal" if student.head_activation == "selu" else "he_normal"
    for units in student.head_units:
        features = keras.layers.Dense(
            units, activation=student.head_activation, kernel_initializer=initializer, name=f"dense_{units}"
        )(features)
    return features
