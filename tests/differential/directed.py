"""Policies that are written and not drawn, for what a draw of ordinary size may leave out."""

from __future__ import annotations

from tests.differential.directories import KNOWING
from tests.differential.policies import Draft
from tests.differential.stacks import Stack

_SITE = (
    'recipients of mine from file "people.txt", live file "/etc/mail/people"',
    "trust clients in office",
    "upstream clients in gates",
    "subaddresses begin with +",
    "keep abuse reachable",
)
_ASKING = tuple((f'recipients of mine from file "people.txt", {its}', *_SITE[1:]) for its in KNOWING.values())
_SIGNS = (  # each of its own, so that few stand in another's way
    "reject ordinary mail when sender is postmaster at content as postmasters",
    "reject ordinary mail when not sender is postmaster and helo in liar.example at content as others",
    'tag "X-Sender: somebody" ordinary mail when not sender is postmaster at content as somebody',
    "defer outgoing mail when authenticated and recipient in silent at content as logged-in",
    "defer outgoing mail when not authenticated and recipient in silent at content as by-network",
    "score 8 mail when recipient in chosen and helo in mail.liars.example at content as points",
    "quarantine mail when scoring 8 or more and helo in mail.liars.example at content as high",
    "quarantine mail when not scoring 8 or more and helo in mail.liars.example at content as low",
    "reject bounces when not recipients > 1 and client in lepers at content as alone",
    "reject bounces when recipients > 1 and client in lepers at content as together",
    "reject mail when client listed in bl.example and helo in mail.partner.example at content as listed",
    "defer bounces when not client listed in bl.example and helo in mail.partner.example at content as unlisted",
    "reject mail when client has no name at content report only as nameless",
    "reject bounces when not client has no name and helo in liars.example at content report only as named",
    "reject bounces when recipients > 2 at content as many",
    "reject ordinary mail when not recipients > 2 and sender in robots at content as few",
    "tag mail when not recipient in vanished at content as strange",
    'tag "X-Kind: known" mail to blocked at content as held-in-a-file',
    "quarantine bounces to newsletter@example.org when not recipients > 1 at content as kept-aside",
    'discard bounces to bounce-*@example.org when not recipients > 1 at content as dropped because "never sent"',
    "tag ordinary mail when helo in client.example and not helo in liars at content as plain",
    'tag "X-Sender: other" ordinary mail when not sender in robots at content as no-robot',
    "reject ordinary mail when sender is postmaster report only as a-postmaster",
    "defer ordinary mail from blocked when not sender is postmaster and helo in liar.example as by-file",
    'tag "X-Sender: plain" ordinary mail when not sender is postmaster at content as no-postmaster',
    'tag "X-Report: failed" mail when report is delivery-status as a-report',
    'tag "X-Report: other" mail when not report is delivery-status as no-report',
    'tag "X-Content: loop" mail when header "X-Loop" matches /example/i as a-loop',
    'tag "X-Content: plain" mail when not header "X-Loop" matches /example/i as no-loop',
    'tag "X-Content: forged" forged bounces of liars as forged',
    'tag "X-Spf: pass" ordinary mail when spf is pass as spf-passes',
    'tag "X-Spf: other" ordinary mail when not spf is pass as spf-does-not-pass',
    'tag "X-Dmarc: fail" ordinary mail when dmarc is fail as dmarc-fails',
    'tag "X-Dmarc: other" ordinary mail when not dmarc is fail as dmarc-does-not-fail',
    "accept forged bounces of other.example as others-are-forged",
    'tag "X-Late: yes" bounces at content as after-forged',
    "reject ordinary mail when not sender is postmaster and helo in liar.example report only as others-early",
    'tag "X-Content: genuine" mail when not report is feedback-report as genuine',
    'tag "X-Spf: failed" ordinary mail failing spf as failing',
    'tag "X-Spf: other" ordinary mail when not spf is fail as not-failing',
    "defer recipients over quota to bob@example.org at rcpt until 2030-01-01 as brimming",
    "accept recipients over quota to hostmaster@example.org, dave@example.net as lenient",
    "defer mail to hostmaster@example.org, dave@example.net at rcpt until 2030-01-01 as strict",
    "reject bounces to several recipients at content as rest",
)
_COUNTS = (  # and what is true of nearly all mail
    "reject ordinary mail when not sender is postmaster report only as anybody",
    'tag "X-Sender: plain" ordinary mail when not sender in blocked as in-no-file',
    "greylist ordinary mail for 5m when client in lepers allow approximate as new",
    "greylist mail for 1h report only allow approximate as watched",
    "limit ordinary mail to 2 per hour per sender report only as written",
    "limit mail to 2 per day per recipient report only as received",
    "limit mail to 2 per 10m per domain report only as at-home",
    "limit outgoing mail to 1 per hour per login as logged-in",
    "limit ordinary mail to 1 per hour per sender when helo in liars as liar",
    "limit mail to 3 per hour per recipient as each",
    "limit mail to 2 per minute per client as host",
    "limit bounces to 1 per hour per domain as whole",
    "limit mail to 1 per hour per client when recipients > 2 as crowd",
    "limit ordinary mail to 1 per hour per sender when not recipients > 2 report only as few",
)
_ENDS = (
    (
        "deliver mine to lmtp 127.0.0.1:24",
        "quarantine into hold",
        "send ndrs to nobody without a copy",
        "return headers only",
        "give up mail after 5d",
        "warn about delay after 4h",
        'word ndrs by file "words.txt"',
        "answer automatically only ordinary mail",
    ),
    (
        "deliver mine to smtp 198.51.100.250:25",
        "quarantine into jail@example.org",
        "quarantine bounces when not recipients > 1 and not client in lepers as laid-aside",
        "send ndrs only to trusted senders without a copy",
        "return everything up to 50 KB",
        "give up bounces after 1d",
        "copy double bounces to hostmaster@example.org",
    ),
    (
        "deliver mine to lmtp 127.0.0.1:24",
        "quarantine into junk",
        "send ndrs only to trusted senders",
        "return nothing",
        "split mail by silent",
        "reject nonexistent recipients to example.net with 551 5.1.6 as moved",
    ),
    (
        "deliver mine to smtp 198.51.100.250:25",
        "quarantine into hold",
        "send ndrs to nobody",
        "reject nonexistent recipients when recipient in silent or not recipient in mine as nobody",
    ),
    (
        "deliver mine to lmtp 127.0.0.1:24",
        "quarantine into junk",
        "send ndrs to anyone",
        "return everything",
        "send ndrs through 203.0.113.25 as ndr.example.org",
    ),
    (
        "deliver mine to lmtp 127.0.0.1:24",
        "quarantine into hold",
        "trust clients in lost",
        "trust clients in living",
        "send ndrs only to senders passing spf or dmarc without a copy",
    ),
    ("deliver mine to lmtp 127.0.0.1:24", "quarantine into junk", "send ndrs only to senders passing spf or dmarc"),
)

# A rule on tags asks for headers, too, unless it is decided before there are any.
_TAGS = (
    'sign mail from mine with batv keys "/etc/nullsender/batv.keys" for 3d',
    'rewrite forwarded mail with srs keys "/etc/nullsender/srs.keys" as srs.example.org',
    "accept forged bounces of other.example as others-lie",
    "deliver mine to lmtp 127.0.0.1:24",
    *(
        f"{rule} at {stage} as {name}-{stage}"
        for stage in ("data", "content")
        for rule, name in (
            ("defer bounces when batv is expired and not recipients > 2", "lapsed"),
            ("reject bounces without a valid batv tag", "untagged"),
            ("tag bounces when batv is valid", "tagged"),
            ('tag "X-Kind: judged" bounces when batv is valid or batv is missing or batv is invalid', "judged"),
        )
    ),
)


def directed(stack: Stack) -> tuple[Draft, ...]:
    """Return the policies for a stack; what it cannot do is left out when they are compiled."""
    rules = _SIGNS if stack.scores else tuple(rule.replace(" at content", "") for rule in _SIGNS)
    sites = (*_ASKING[1:], *(_SITE for _ in _ENDS))
    parts = (
        *((*site, *ends, *rules) for site, ends in zip(sites, _ENDS, strict=False)),
        (*_SITE, *_ENDS[0], *_COUNTS),
        (*_ASKING[0], *_TAGS),
    )
    return tuple(Draft((*part, f"deploy one to {stack.deploys}")) for part in parts)
