"""The usual demo: Flask, a Keras model loaded by TensorFlow, `model.predict`. Written as the tutorials write it.

gunicorn --workers 1 keras_demo:app, in this folder, with MODEL=path of a .keras file (bench/rivals/models.py).
"""

import os

import numpy as np
from flask import Flask, Response, jsonify, request
from keras.models import load_model
from PIL import Image

app = Flask(__name__)
model = load_model(os.environ["MODEL"])


@app.get("/")
def index() -> str:
    """So that it can be seen to run."""
    return "Upload a picture to /predict"


@app.post("/predict")
def predict() -> Response:
    """Benign or malignant."""
    picture = Image.open(request.files["image"].stream).convert("RGB").resize((224, 224))
    batch = np.expand_dims(np.asarray(picture, dtype=np.float32) / 255, axis=0)
    benign, malignant = model.predict(batch)[0]
    return jsonify(prediction="malignant" if malignant > benign else "benign", confidence=float(max(benign, malignant)))
