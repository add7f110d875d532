# Serving only: no TensorFlow, no compiler, no shell script. Build: docker build -t lesion-screening .
# docs/operations.md says what of this was run and what was not. Run it with compose.yaml, or:
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --memory 512m --stop-timeout 40 \
#     -e LESION_SECRET_KEY=... -e LESION_LOGIN=... -p 127.0.0.1:8000:8000 lesion-screening
# Inside it listens on every address, and cannot know whom -p lets in: so it starts with a login, with API keys, or with
# LESION_PUBLIC='anyone may use this server', as everywhere.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
# What is off by default comes with --build-arg SERVING="requirements-extras.txt requirements-oidc.txt", or one of them.
ARG SERVING=requirements.txt
COPY requirements.txt requirements-extras.txt requirements-oidc.txt requirements-bulk.txt requirements-cluster.txt ./
# Nothing whose hash the lock does not have; and no pip where it is served.
RUN python -m venv /venv \
    && PIP_REQUIREMENT="$SERVING" /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
       --require-hashes \
    && /venv/bin/python -m pip uninstall --yes setuptools pip

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home lesion
COPY --from=packages /venv /venv
WORKDIR /srv
COPY wsgi.py gunicorn.conf.py ./
COPY app app
COPY model_store model_store
# Compiled once: a container can write nowhere, and would compile them at every start.
RUN python -m compileall -q app wsgi.py
# The limits of uploads keep two workers below 512 MB; docs/operations.md shows how to reckon others.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    WORKERS=2 \
    LESION_UPLOADS_MB=61 \
    LESION_DECODE_MB=75
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["gunicorn", "wsgi:app"]
