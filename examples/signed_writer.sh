#!/bin/sh
# Post with a signed URL: each line of standard input is the JSON body of a message.
#
#     python examples/share.py --methods POST > writer.curl
#     echo '{"temperature": 21.5}' | sh examples/signed_writer.sh writer.curl
#
# curl reads the signature from the file, so that no list of processes shows it.
set -eu

# The last line counts also where nothing ends it.
while read -r body || [ -n "$body" ]; do
    printf '{"messages": [{"body": %s, "ttl": 3600}]}' "$body" |
        curl --silent --show-error --fail --config "$1" --data-binary @-
    echo
done
