"""An undergraduate report of 2025: an ensemble for seven classes with a web application.

Published: teachers ResNet50 and DenseNet169 (ImageNet, frozen, global average pooling, a dense head; Adam, 1e-4, 20
epochs); soft labels are their mean at temperature 50; student MobileNetV2 without pretraining, global average
pooling, dense 512 with ReLU, batch norm, dropout 0.3; 0.8 · KL + 0.2 · cross-entropy; Adam, 20 epochs, early stopping
with patience 10 and the best weights, the learning rate halved after 5 epochs without progress down to 1e-6; minority
classes oversampled to 1,200; HAM10000, split by image 64:16:20. Prediction: the mean of teachers and student (`python
-m training ensemble`). Its code takes a softmax of probabilities; here every loss takes logits.

Not published, and ours: batch size, ranges of the augmentation, plain pictures of 224 pixels without the six stages, KL
times T² (Hinton et al. 2015), without which its gradient at T = 50 is nothing beside that of the cross-entropy.
"""
