#!/bin/sh
# Screens one picture with curl:
#   sh examples/predict.sh photo.jpg [http://127.0.0.1:8000]
# LESION_API_KEY holds the key where the server asks for one.
set -eu
picture=$1
server=${2:-http://127.0.0.1:8000}

# --fail-with-body: a refusal is shown, with what to do about it, and ends with an exit status that is not 0.
curl --silent --show-error --fail-with-body \
    --header "Authorization: Bearer ${LESION_API_KEY:-none}" \
    --form "image=@$picture" \
    "$server/api/predict"
