"""Verifies each DKIM signature of a message with Debian's python3-dkim, and the keys it is given instead of the DNS."""
import base64
import json
import re
import sys

import dkim

given = json.load(sys.stdin)
raw = base64.b64decode(given["raw"])
results = []


def lookup(name, timeout=5):
    return given["keys"].get(name.decode().rstrip("."), "").encode()


for index, selector in enumerate(re.findall(rb"^DKIM-Signature:.*?\bs=(\w+);", raw, re.M | re.S)):
    try:
        passed = dkim.DKIM(raw).verify(idx=index, dnsfunc=lookup)
    except dkim.DKIMException:
        passed = False
    results.append(f"{selector.decode()} {'pass' if passed else 'fail'}")
json.dump(results, sys.stdout)
