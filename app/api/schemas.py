"""What the API takes and gives: these schemas validate parameters, choose what leaves, and write /api/openapi.json."""

from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

PROBABILITY = Range(0, 1)
SHA256 = Regexp(r"^[0-9a-f]{64}$")
PICTURE = Regexp(r"^data:image/png;base64,")


def _say(text: str, **others: Any) -> dict[str, Any]:
    return {"description": text, **others}


class Rate(Schema):
    """A measured share with its 95 % interval."""

    value = fields.Float(required=True, validate=PROBABILITY)
    low = fields.Float(required=True, validate=PROBABILITY)
    high = fields.Float(required=True, validate=PROBABILITY)


class Metric(Schema):
    """A measured figure with its 95 % interval."""

    value = fields.Float(required=True, validate=Range(-1, 1))
    low = fields.Float(required=True, validate=Range(-1, 1))
    high = fields.Float(required=True, validate=Range(-1, 1))


class OperatingPoint(Schema):
    """The threshold that decides who is referred, and what it was measured to do."""

    threshold = fields.Float(
        required=True,
        validate=PROBABILITY,
        metadata=_say("Calibrated probability of malignancy from which a picture is `refer`."),
    )
    sensitivity = fields.Nested(Rate, required=True)
    specificity = fields.Nested(Rate, required=True)
    measured_on = fields.String(required=True, metadata=_say("Which data, in words."))


class LesionClass(Schema):
    """A class of the model."""

    code = fields.String(required=True, metadata=_say("HAM10000's `dx` code, such as `mel`."))
    name = fields.String(required=True)
    malignant = fields.Boolean(required=True, metadata=_say("Whether it counts as malignant in this model."))


class ClassProbability(LesionClass):
    """A class and how probable it is."""

    probability = fields.Float(
        required=True, validate=PROBABILITY, metadata=_say("Calibrated; those of all classes add up to 1.")
    )


class Probabilities(Schema):
    """Calibrated; the two add up to 1."""

    benign = fields.Float(required=True, validate=PROBABILITY)
    malignant = fields.Float(required=True, validate=PROBABILITY)


class Warning(Schema):  # noqa: A001  # the word of the contract
    """Something about the picture that makes an answer less certain."""

    code = fields.String(required=True, metadata=_say("A stable word, such as `blurred`."))
    title = fields.String(required=True)
    advice = fields.String(required=True, metadata=_say("What to do about it."))


class Quality(Schema):
    """Whether the picture is fit to be assessed."""

    ok = fields.Boolean(required=True, metadata=_say("No warning at all."))
    warnings = fields.List(fields.Nested(Warning), required=True)
    assessable = fields.Boolean(required=True, metadata=_say("Where false, `assessment` is `cannot_assess`."))


class ModelName(Schema):
    """What answered."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True, validate=SHA256, metadata=_say("Of the `.tflite` file."))


class Stage(Schema):
    """The picture after one stage of the preprocessing."""

    name = fields.String(required=True)
    picture = fields.String(required=True, validate=PICTURE, metadata=_say("PNG as a data: URI."))


class Explanation(Schema):
    """What the answer rests on."""

    heat_map = fields.String(
        required=True,
        allow_none=True,
        validate=PICTURE,
        metadata=_say(
            "Square transparent PNG as a data: URI, to be stretched over the picture; what is opaque speaks for "
            "malignancy. null where the answer is below the operating point or nothing stands out."
        ),
    )
    outline = fields.List(
        fields.List(fields.Float(validate=PROBABILITY), validate=Length(equal=2)),
        required=True,
        allow_none=True,
        metadata=_say("Border of the lesion as the ROI stage sees it: points [x, y], shares of width and height."),
    )
    stages = fields.List(fields.Nested(Stage), required=True, metadata=_say("In the order in which they run."))


class Prediction(Schema):
    """The answer to one picture. Decide on `assessment`, not on `prediction`."""

    prediction = fields.String(
        required=True,
        allow_none=True,
        validate=OneOf(["benign", "malignant"]),
        metadata=_say("The likelier; a tie is malignant. null where the picture cannot be assessed."),
    )
    confidence = fields.Float(
        required=True,
        allow_none=True,
        validate=Range(0.5, 1),
        metadata=_say("Calibrated probability of the prediction."),
    )
    probabilities = fields.Nested(Probabilities, required=True, allow_none=True)
    classes = fields.List(
        fields.Nested(ClassProbability),
        required=True,
        metadata=_say("The likeliest first; empty where the picture cannot be assessed."),
    )
    assessment = fields.String(
        required=True,
        allow_none=True,
        validate=OneOf(["refer", "low_risk", "cannot_assess"]),
        metadata=_say("At the operating point; null where the model has none."),
    )
    operating_point = fields.Nested(OperatingPoint, required=True, allow_none=True)
    quality = fields.Nested(
        Quality, required=True, allow_none=True, metadata=_say("null: this model has no gate. Not known, never fine.")
    )
    model = fields.Nested(ModelName, required=True)
    timings_ms = fields.Dict(
        keys=fields.String(),
        values=fields.Float(validate=Range(min=0)),
        required=True,
        metadata=_say("Milliseconds of each part: `decode`, `preprocess`, `inference`, `quality`."),
    )
    explanation = fields.Nested(Explanation, metadata=_say("Only where `explain` asks for it."))
    request_id = fields.String(required=True, metadata=_say("Also in the header X-Request-ID and the server's log."))
    disclaimer = fields.String(required=True, metadata=_say("Show it."))


class Problem(Schema):
    """Why there is no answer (RFC 9457)."""

    type = fields.String(required=True, metadata=_say("`about:blank`: `reason` tells problems apart."))
    title = fields.String(required=True)
    status = fields.Integer(required=True, validate=Range(400, 599))
    detail = fields.String(required=True, metadata=_say("What to do about it."))
    reason = fields.String(required=True, metadata=_say("A stable word for programs."))
    request_id = fields.String(required=True)


class BatchResult(Schema):
    """The answer to one of several pictures, or why it has none."""

    number = fields.Integer(required=True, validate=Range(min=1), metadata=_say("In the order sent, from 1."))
    name = fields.String(required=True, metadata=_say("Of the file, without folders; may be empty."))
    answer = fields.Nested(Prediction, required=True, allow_none=True)
    problem = fields.Nested(Problem, required=True, allow_none=True)


class Batch(Schema):
    """The answers to several pictures."""

    results = fields.List(fields.Nested(BatchResult), required=True, metadata=_say("In the order sent."))
    answered = fields.Integer(required=True, validate=Range(min=0))
    refused = fields.Integer(required=True, validate=Range(min=0))
    request_id = fields.String(required=True)


class Input(Schema):
    """What one picture may be."""

    formats = fields.List(fields.String(), required=True)
    max_bytes = fields.Integer(required=True)
    max_pixels = fields.Integer(required=True, metadata=_say("Width times height."))
    min_side = fields.Integer(required=True, metadata=_say("Pixels of the shorter side."))


class TestSet(Schema):
    """What `metrics` were measured on."""

    __test__: ClassVar[bool] = False  # not one of pytest's

    images = fields.Integer(required=True)
    lesions = fields.Integer(required=True)
    malignant_images = fields.Integer(required=True)
    intervals = fields.String(required=True, metadata=_say("How the intervals were made."))


class Model(ModelName):
    """What answers here, and how well it was measured to."""

    created = fields.String(required=True, allow_none=True, metadata=_say("Date, ISO 8601."))
    licence = fields.String(required=True, allow_none=True, metadata=_say("Of the weights."))
    classes = fields.List(fields.Nested(LesionClass), required=True)
    calibrated = fields.Boolean(required=True)
    operating_point = fields.Nested(OperatingPoint, required=True, allow_none=True)
    metrics = fields.Dict(keys=fields.String(), values=fields.Nested(Metric), required=True, allow_none=True)
    test_set = fields.Nested(TestSet, required=True, allow_none=True)
    stages = fields.List(fields.String(), required=True, metadata=_say("Of the preprocessing, in their order."))
    input = fields.Nested(Input, required=True)
    card = fields.String(required=True, metadata=_say("The model card, Markdown."))
    disclaimer = fields.String(required=True)


class Options(Schema):
    """What a request may ask for beside the answer."""

    class Meta:
        """Other parameters are ignored."""

        unknown = EXCLUDE

    explain = fields.String(
        load_default="0",
        validate=OneOf(["0", "1"]),
        metadata=_say("`1` adds `explanation`: heat map, outline and the picture after each stage, about 0.5 MB."),
    )
