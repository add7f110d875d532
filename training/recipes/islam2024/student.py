"""Student of Islam et al. 2024: three convolution blocks, taught by the fusion of three backbones; HAM10000 by image.

Command: python -m training release --recipe islam2024_student
Time: minutes on a GPU; on two cores the teacher's hours and about 75 minutes for 70 epochs. Not run, as its teacher.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec, NetworkSpec

TEACHER = load_recipe("islam2024_teacher")

RECIPE = replace(
    TEACHER,
    name="islam2024_student",
    fit=replace(TEACHER.fit, patience=0, views=0),
    network=NetworkSpec(name="three_block"),
    distil=DistilSpec(teachers=(TEACHER.name,), temperature=1.0, alpha=0.5, views=5),
)
