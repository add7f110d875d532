"""Ablation studies: one factor at a time about a base recipe, with several seeds, on a study that workers share."""
