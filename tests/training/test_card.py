"""What a card says of its data follows its recipe and split."""

from training.report.card_data import data_sentence, limits, network_sentence, split_sentence


def test_a_split_by_image_is_said_to_flatter() -> None:
    by_image = " ".join(limits({"dataset": "ham10000", "split": "ham10000-islam2024"}))
    assert "images of one lesion are in training and in test" in by_image
    assert "come from a split by lesion" not in by_image
    assert split_sentence("ham10000-islam2024") == (
        "Split `ham10000-islam2024`: 70:10:20 by image, stratified by class"
    )


def test_a_split_by_lesion_says_what_was_joined() -> None:
    by_lesion = " ".join(limits({"dataset": "ham10000", "split": "ham10000-audited"}))
    assert "come from a split by lesion" in by_lesion
    assert "leakage audit" in by_lesion
    assert split_sentence("ham10000-audited").endswith(
        "by lesion, stratified by class, lesion ids joined by the leakage audit"
    )


def test_other_data_and_networks_are_called_what_they_are() -> None:
    assert "Kaggle" in data_sentence("kaggle_malignant_vs_benign")
    assert data_sentence("my_pictures") == "The folder `my_pictures`"
    assert not any("HAM10000's share" in line for line in limits({"dataset": "isic2019", "split": "isic2019-lesion"}))
    assert network_sentence("mobilenet_v2") == "The network `mobilenet_v2`"
    assert "not in this repository" in split_sentence("isic2019-lesion")
