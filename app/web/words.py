"""Words of the domain for pages: classes, stages, assessments."""

from app.screening.words import N_

CLASS_NAMES = (
    N_("Actinic keratosis / Bowen's disease"),
    N_("Basal cell carcinoma"),
    N_("Benign keratosis-like lesion"),
    N_("Dermatofibroma"),
    N_("Melanoma"),
    N_("Melanocytic naevus"),
    N_("Vascular lesion"),
)
"""The names in the shipped manifests; a test holds that each of those stands here."""

STAGES = {
    "closing": (N_("Closing"), N_("Fills dark hairs that are thinner than a few pixels.")),
    "bilateral": (N_("Bilateral filter"), N_("Smooths the skin's texture and keeps the lesion's border.")),
    "roi_highlight": (
        N_("ROI highlight"),
        N_("Turns the brighter part, mostly skin, to white, so that the darker lesion stays."),
    ),
    "unsharp_mask": (N_("Unsharp mask"), N_("Strengthens borders and structures.")),
    "rescale": (N_("Rescale"), N_("Brings grey levels from 0 to 255 into the range 0 to 1. It looks the same.")),
    "resize": (N_("Resize"), N_("Brings it to the size that the network takes. This is what the network sees.")),
}
"""Of each stage: its name and what it does."""

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""For which pages and reports show predictive values."""

PREDICTIONS = {"benign": N_("benign"), "malignant": N_("malignant")}

VERDICTS = {
    "refer": (N_("Refer"), N_("The probability of malignancy reaches the operating point: show it to a specialist.")),
    "low_risk": (
        N_("Low risk"),
        N_("The probability of malignancy is below the operating point. That does not rule a malignancy out."),
    ),
    "cannot_assess": (
        N_("Cannot assess"),
        N_("The picture is not one that the model can judge. This says nothing about the lesion."),
    ),
    "undecided": (N_("No recommendation"), N_("This model has no measured operating point.")),
    "refused": (N_("Not screened"), N_("The file could not be read as a usable picture.")),
}
"""Of each verdict: its headline and what it means."""
