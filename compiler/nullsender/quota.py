"""Where mailboxes say whether they are over quota: a service that speaks the policy protocol of mail servers.

The language has no place for it: the service is where the manual of the usual one puts it.
"""

from __future__ import annotations

HOST, PORT = "127.0.0.1", 12340
SECONDS = 2  # no answer within them means that nobody is over quota
FULL = r"[45]52\b|[45][0-9][0-9] [45]\.2\.2\b"  # an answer that begins so, as a regular expression
