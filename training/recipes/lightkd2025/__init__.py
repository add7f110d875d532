"""Knowledge distillation approach for skin cancer classification on lightweight deep learning model, 2025.

Published: two phases on HAM10000 and ISIC 2019, several settings of distillation each. Phase 1 teaches a modified small
benchmark network (88.69-93.24 % accuracy on HAM10000, 82.14-84.13 % on ISIC 2019); phase 2 a custom student of about
0.29 M parameters (88.63-88.89 % and 81.39-83.42 %).

Not published, and ours: the teacher (DenseNet169), the small network (MobileNetV2 with a dense layer), the layers of
the custom student (training/models/students.py). The settings are those of `python -m training ablate run
--recipe lightkd2025_phase2 --factors temperature,alpha`. Split by lesion.

phase1, phase2                                        on HAM10000; the teacher is densenet169_ham10000
isic2019_teacher, isic2019_phase1, isic2019_phase2    on ISIC 2019, whose pictures are not at hand here: make the split
                                                      with `data split --dataset isic2019 --name isic2019-lesion`
"""
