"""What a recipe's optimisation makes small, as a Keras loss on logits."""

from typing import Any, Self

import keras

from training.losses import cross_entropy, distillation, focal
from training.recipe import Recipe


@keras.saving.register_keras_serializable("lesion_screening")
class Objective(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """Cross-entropy, focal loss, or distillation.

    Targets are one-hot (N, K), or (N, 2K) with the teachers' logits behind them where `temperature` is given.

    Args:
        label_smoothing: share of the one-hot target that is spread over all classes.
        focal_gamma: of the focal loss; 0 is cross-entropy.
        temperature: of the soft labels; None without.
        alpha: weight of the hard loss beside soft labels.
    """

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        focal_gamma: float = 0.0,
        temperature: float | None = None,
        alpha: float = 1.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.label_smoothing = label_smoothing
        self.focal_gamma = focal_gamma
        self.temperature = temperature
        self.alpha = alpha

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """The objective of a recipe."""
        soft = recipe.distil
        return cls(
            label_smoothing=recipe.fit.label_smoothing,
            focal_gamma=recipe.fit.focal_gamma,
            temperature=soft.temperature if soft else None,
            alpha=soft.alpha if soft else 1.0,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """float32 (N,), one number a picture, of targets and logits (N, K)."""
        classes = y_pred.shape[-1]
        hard = y_true[:, :classes] * (1 - self.label_smoothing) + self.label_smoothing / classes
        if self.temperature is not None:
            soft = y_true[:, classes:]
            return distillation(hard, soft, y_pred, temperature=self.temperature, alpha=self.alpha)
        if self.focal_gamma:
            return focal(hard, y_pred, gamma=self.focal_gamma)
        return cross_entropy(hard, y_pred)

    def get_config(self) -> dict[str, Any]:
        """What makes the objective again."""
        own = ("label_smoothing", "focal_gamma", "temperature", "alpha")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
