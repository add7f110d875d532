"""Khan, Alam, Dhruba, Zunair, Mohammed 2022, Knowledge Distillation Approach towards Melanoma Detection.

arXiv:2210.08086. Published: teacher ResNet-50; student DSNet, under ten layers and about 0.26 M parameters; melanoma
against the rest; accuracy 91.7 %, and 2.57 s for what the teacher takes 14.55 s (`python -m training runtimes`
measures that here).

Not published, and ours: the layers of DSNet (training/models/students.py), temperature, alpha and the optimisation.
Split by lesion. Accuracy says little here: nine of ten pictures show no melanoma.
"""
