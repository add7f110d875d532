# Serving only: no TensorFlow, no compiler, no shell script. Build: docker build -t lesion-screening .
# Checked with hadolint and by running its steps by hand; no Docker engine was at hand to build it.
# Run: docker run --read-only --tmpfs /tmp --cap-drop ALL -p 127.0.0.1:8000:8000 lesion-screening
FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home lesion
COPY --from=packages /venv /venv
WORKDIR /srv
COPY wsgi.py gunicorn.conf.py ./
COPY app app
COPY model_store model_store
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["gunicorn", "wsgi:app"]
