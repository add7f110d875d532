"""Teacher: ResNet50 cut at conv4, from ImageNet, fine-tuned on seven classes of HAM10000, pictures of 160 pixels.

Command: python -m training release --recipe resnet50_ham10000
Time: half an hour on two cores.
Result: label_store/ham10000-resnet50_ham10000, its answers to the training views; its weights are not kept.
"""

from dataclasses import replace

from training.recipe import load_recipe

DENSE = load_recipe("densenet169_ham10000")

RECIPE = replace(
    DENSE,
    name="resnet50_ham10000",
    # An epoch on 160 pixels costs half of one on 224, and the pictures at hand are soft.
    preprocess=replace(DENSE.preprocess, working_size=160, output_size=160),
    augment=replace(DENSE.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0, mixup=0.2),
    fit=replace(DENSE.fit, cycles=(7,)),
    # It takes 0.6 of DenseNet169's time for a step of training, and half of its time for an answer.
    network=replace(DENSE.network, name="resnet50_conv4", learns_norm=True),
)
"""Colours and scales vary more than in DenseNet169's recipe. On other cameras the first student is lost: on ISIC 2017's
training part, which choices may rest on (`external --part train`), it tells melanomas hardly better than chance."""
