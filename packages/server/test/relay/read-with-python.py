"""Reads pairs of messages, before and after, with Python's email package: one JSON object {file, was, now} (base64) a
line on standard input. Prints what differs except the content of one HTML part, one line for each message."""
import base64
import email
import email.policy
import json
import sys


def headers(part):
    try:
        return [(name, str(value)) for name, value in part.items()]
    except Exception as error:  # This header was unreadable before; it has to stay so.
        return [type(error).__name__]


def differences(was, now):
    before, after = list(was.walk()), list(now.walk())
    if len(before) != len(after):
        yield f"{len(before)} parts became {len(after)}"
        return
    changed = 0
    for one, other in zip(before, after):
        if headers(one) != headers(other):
            yield "a header changed"
        if [type(defect) for defect in one.defects] != [type(defect) for defect in other.defects]:
            yield "defects changed"
        if one.is_multipart() or one.get_payload() == other.get_payload():
            continue
        changed += 1
        if one.get_content_type() != "text/html":
            yield f"{one.get_content_type()} changed"
    if changed != 1:
        yield f"{changed} parts changed"


for line in sys.stdin:
    pair = json.loads(line)
    messages = [
        email.message_from_bytes(base64.b64decode(pair[name]), policy=email.policy.default) for name in ("was", "now")
    ]
    for difference in differences(*messages):
        print(f"{pair['file']}: {difference}")
