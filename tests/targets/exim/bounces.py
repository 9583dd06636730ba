"""Bounces of many shapes, and what only looks like one: with whole messages, headers, quotations, in every encoding."""

from __future__ import annotations

import base64
import quopri
from itertools import product

OURS = "Received: from a.example by mx.liars.example with ESMTP\nMessage-ID: <1@Liar.Example>\nSubject: hello\n"
THEIRS = "Received: from unliar.example\n\tby liar.example.com\nMessage-Id: <1@liars.example>\nSubject: hello\n"
NONE = "Subject: hello\nFrom: joe@liar.example\nTo: bob@b.example\n"
WRAPPED = "Received: from a.example by\nmx.liars.example\nwith ESMTP\nX-Other: 1\nMessage-ID:\n<1@spam.example>\n"
EMPTY = "Message-ID: <>\nSubject: hello\nX-Other: 1\n"
RETURNED = (OURS, THEIRS, NONE, WRAPPED, EMPTY, "", "Received: from LIAR.EXAMPLE. by [192.0.2.1]\n")
STATUS = "Reporting-MTA: dns; liar.example\n\nFinal-Recipient: rfc822; bob@b.example\nAction: {}\n"


def multipart(
    *parts: str, kind: str = "report; report-type=delivery-status", boundary: str = "b", top: str = ""
) -> str:
    pieces = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'{top}Content-Type: multipart/{kind}; boundary="{boundary}"\n\nIgnored.\n{pieces}--{boundary}--\nIgnored.\n'


def part(kind: str, text: str, encoding: str = "") -> str:
    octets = text.encode()
    match encoding:
        case "base64":
            text = base64.encodebytes(octets).decode()
        case "quoted-printable":
            text = quopri.encodestring(octets).decode()
    return f"Content-Type: {kind}\n" + (f"Content-Transfer-Encoding: {encoding}\n" if encoding else "") + f"\n{text}"


def _quoted(text: str, margin: str) -> str:
    return "".join(f"{margin}{line}\n" for line in text.splitlines())


def _bodies() -> list[str]:
    words, failed = part("text/plain", "It failed.\n"), part("message/delivery-status", STATUS.format("failed"))
    found = [multipart(words, failed, part("message/rfc822", f"{text}\nHello.\n")) for text in RETURNED]
    kinds = (
        "text/rfc822-headers",
        "message/rfc822-headers",
        "Message/Global",
        "message/partial; id=1",
        "text/x-headers",
    )
    found += [multipart(words, failed, part(kind, text)) for kind, text in product(kinds, (OURS, THEIRS))]
    found += [
        multipart(words, failed, part("message/rfc822", f"{text}\nHello.\n", encoding))
        for text, encoding in product((OURS, THEIRS, WRAPPED), ("base64", "quoted-printable", "7bit", "x-unknown"))
    ]
    found += [
        multipart(words, part("message/delivery-status", STATUS.format(a)), part("message/rfc822", THEIRS))
        for a in ("delayed", "Delayed", "relayed", "")
    ]
    receipt = "report; report-type=disposition-notification"
    found += [multipart(words, part("message/rfc822", THEIRS), kind=kind) for kind in (receipt, "mixed", "digest")]
    found += [
        multipart(words, part("message/rfc822", THEIRS), kind=kind, top="Auto-Submitted: Auto-Replied (vacation)\n")
        for kind in ("mixed", "report; report-type=delivery-status")
    ]
    inner = multipart(words, part("message/rfc822", THEIRS), boundary="inner", kind="mixed")
    found += [multipart(words, inner), multipart(words, inner, part("message/rfc822", OURS))]
    found += [
        multipart(words, part("message/rfc822", first), part("message/rfc822", second))
        for first, second in ((NONE, THEIRS), ("", THEIRS), ("\n\n" + THEIRS, OURS), ("no header\n", THEIRS))
    ]
    deep = part("message/rfc822", THEIRS)
    for level in range(24):
        deep = multipart(deep, boundary=f"level{level}", kind="mixed")
        found += [deep] if level in (18, 19, 20, 23) else []
    texts = [f"It failed.\n\n{text}\nHello.\n" for text in RETURNED]
    texts += [
        f"It failed:\n\n{_quoted(text, margin)}\nHello.\n" for text in (OURS, THEIRS) for margin in ("> ", "    ", "| ")
    ]
    texts += [
        f"Warum auch immer: \n------ Kopie ------\n{THEIRS}",
        f"{NONE}\n\n{THEIRS}",
        "Received: alone\n\n" + THEIRS,
    ]
    found += [f"Subject: failure\n\n{text}" for text in texts]
    found += [part("text/plain", text, encoding) for text in texts[:2] for encoding in ("base64", "quoted-printable")]
    found += [multipart(words, part("message/rfc822", THEIRS)).replace("--b--", "-- b--"), multipart(kind="mixed")]
    found += [multipart(part("text/plain", texts[1]), kind="mixed").replace('boundary="b"', "boundary=c")]
    found += ["", "\n", "Content-Type: multipart/report\n\n" + THEIRS, "Subject: x\nno header\n" + THEIRS]
    return found


BODIES = tuple(_bodies())
