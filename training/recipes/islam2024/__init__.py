"""Islam, Hasib, Joti, Karim, Azam 2024, Leveraging Knowledge Distillation for Lightweight Skin Cancer Classification.

Published: a teacher of two streams (ResNet152V2 and ConvNeXtBase; ViT-Base) with frozen backbones, over 236 M
parameters of which about 3.39 M learn; a student of 163,362; temperature 1, alpha 0.5, Adafactor, learning rate
0.002, batches of 64, 70 epochs, global max pooling, augmentation by rotation, height and width shift, shear and
horizontal flip; HAM10000 and Kaggle's "Malignant vs. Benign", two classes, split by image.

Not published, and ours: the ranges of the augmentation, the ratio of squeeze-and-excitation and the patches of the
vision transformer (chosen so that the counts of parameters agree), and the epochs and the optimisation of the
teacher. The student trains with batch norm, which is folded into its weights afterwards and leaves the published
network.

teacher, student                    as published, on HAM10000
kaggle_teacher, kaggle_student      as published, on Kaggle's pictures
small_teacher, small_student        with the backbones at hand, DenseNet169 and ResNet-50, and early stopping
small_teacher_lesion, small_student_lesion      the same on a split by lesion: what is left without leaks
"""
