"""Losses of training and distillation: pure functions of logits, one number a picture.

Shapes: logits and one-hot targets float (N, K); results float32 (N,). Softmax is taken here, never before: a softmax of
probabilities, as in the code of one of the reproduced systems, flattens every answer.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

ops = keras.ops


def cross_entropy(targets: Any, logits: Any) -> Any:
    """-Σ_k t_k log softmax(z)_k."""
    return -ops.sum(targets * ops.log_softmax(_float32(logits)), axis=-1)


def focal(targets: Any, logits: Any, *, gamma: float) -> Any:
    """-Σ_k t_k (1 - p_k)^γ log p_k: cross-entropy that looks away from what is already right.

    Source: Lin et al. 2017, Focal Loss for Dense Object Detection, eq. 4; γ = 0 is cross-entropy.
    """
    log_p = ops.log_softmax(_float32(logits))
    return -ops.sum(targets * (1 - ops.exp(log_p)) ** gamma * log_p, axis=-1)


def kl_divergence(teacher_logits: Any, student_logits: Any, *, temperature: float) -> Any:
    """KL(softmax(z_teacher / T) || softmax(z_student / T)), nats; 0 where both agree."""
    teacher = ops.log_softmax(_float32(teacher_logits) / temperature)
    student = ops.log_softmax(_float32(student_logits) / temperature)
    return ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)


def distillation(targets: Any, teacher_logits: Any, student_logits: Any, *, temperature: float, alpha: float) -> Any:
    """α · cross-entropy + (1 - α) · T² · KL of the softened answers.

    Source: Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network, section 2. T² keeps the soft
    part's gradient at the size of the hard part's, whatever the temperature. KL and their cross-entropy differ by the
    teacher's entropy, which has no gradient. α weighs the hard loss; recipes from papers that weigh the other way say
    so. α = 0 and T = 1 is function matching (Beyer et al. 2022, Knowledge Distillation: A Good Teacher Is Patient and
    Consistent).
    """
    soft = temperature**2 * kl_divergence(teacher_logits, student_logits, temperature=temperature)
    return alpha * cross_entropy(targets, student_logits) + (1 - alpha) * soft


def inverse_frequency(counts: npt.NDArray[np.int64], *, power: float) -> npt.NDArray[np.float32]:
    """Weight of each class: (N / (K n_c)) ** power, then scaled so that the mean weight of an image is 1.

    Args:
        counts: int (K,), images of each class.
        power: 0 makes all equal, 1 gives every class the same say.
    """
    return _mean_1((counts.sum() / (len(counts) * np.maximum(counts, 1))) ** power, counts)


def effective_number(counts: npt.NDArray[np.int64], *, beta: float) -> npt.NDArray[np.float32]:
    """Weight of each class: (1 - β) / (1 - β^n_c), then scaled so that the mean weight of an image is 1.

    Source: Cui et al. 2019, Class-Balanced Loss Based on Effective Number of Samples, eq. 4; β = 0 makes all equal.
    """
    return _mean_1((1 - beta) / (1 - np.power(beta, np.maximum(counts, 1))), counts)


def _mean_1(weights: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    return np.asarray(weights * counts.sum() / (weights * counts).sum(), np.float32)


def _float32(logits: Any) -> Any:
    return ops.cast(logits, "float32")
