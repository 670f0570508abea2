#!/bin/sh
# Read with a signed URL: print a page of messages, the oldest first, as JSON.
#
#     python examples/share.py --methods GET > reader.curl
#     sh examples/signed_reader.sh reader.curl
#     sh examples/signed_reader.sh reader.curl MARKER
#
# The link "next" of a page has the marker of what is behind it. Nothing is taken away: other readers see the same.
set -eu

curl --silent --show-error --fail --config "$1" --get \
    --data echo=true --data include_claimed=true --data-urlencode "marker=${2-}"
echo
