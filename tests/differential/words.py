"""The words of which policies are made: small pools of sets, addresses and names, so that rules meet each other."""

from __future__ import annotations

SETS = {
    "mine": "domains mine = example.org, example.net",
    "partners": "domains partners = partner.example, *.partner.example except bad.partner.example",
    "odd": 'domains odd = a.example, file "strangers.txt"',
    "doubtful": 'domains doubtful = live file "/etc/mail/doubtful"',
    "silent": "addresses silent = noreply@example.org, newsletter@example.org, bounce-*@example.org",
    "chosen": 'addresses chosen = alice@example.org, dave@example.net, "odd one"@example.org',
    "crowd": "addresses crowd = *@example.net except dave@example.net",
    "robots": "addresses robots = bounce-*@a.example, daemon@*, joe@a.example, post-*@*.c.example",
    "blocked": 'addresses blocked = live file "/etc/mail/blocked"',
    "vanished": 'addresses vanished = live file "/etc/mail/vanished"',
    "mixed": 'addresses mixed = joe@a.example, alice@example.org, live file "/etc/mail/vanished"',
    "written": 'addresses written = file "written.txt" except ann@b.example',
    "liars": "hosts liars = liar.example, *.liars.example",
    "office": "networks office = 192.0.2.0/24, 2001:db8:1::/48 except 192.0.2.66",
    "gates": "networks gates = 198.51.100.128/25",
    "lepers": "networks lepers = 198.51.100.64/26, 3fff:bad::/32 except 198.51.100.80/30",
    "living": 'networks living = live file "/etc/mail/clients"',
    "lost": 'networks lost = 198.51.100.64/28, live file "/etc/mail/vanished"',
}
SENDERS = (
    *("partners", "odd", "doubtful", "robots", "blocked", "mixed", "written"),
    *("vanished", "joe@a.example", "*.c.example, ann@partner.example", "daemon@*"),
)
RECIPIENTS = (
    *("silent", "chosen", "crowd", "silent", "chosen", "blocked", "mixed", "written", "mine"),
    *("vanished", "bob@example.org", "example.net", "noreply@example.org, alice@example.org"),
)
CLIENTS = (
    "lepers",
    "living",
    "lost",
    "gates",
    "203.0.113.64/27",
    "203.0.113.64/27, 2001:db8:ff::/48",
    "lepers, living",
)
NAMES = ("liars", "liar.example", "client.example, *.liars.example", "partners")
ZONES = (
    *("bl.example", "bl.example", "multi.example answering 127.0.0.3", "multi.example answering 127.0.0.4"),
    *("multi.example answering 127.0.0.3, 127.0.0.4", "multi.example", "dead.example", "ips.backscatterer.org"),
)
SCORES = ("3", "5", "8", "10", "15")
POINTS = ("2.5", "4", "8", "-3")
HEADERS = (
    *('"X-Loop" matches /^example/i', '"X-Loop" matches /^[^\\s/]+ \\d$/', '"Subject" matches /win|free/'),
    *('"X-Kind" matches /^$/', '"x-kind" matches /^(?:od{2}|ev.n)$/'),
)
FORGED = ("liars", "liars", "liar.example", "*.liars.example, other.example")
REPORTS = ("delivery-status", "disposition-notification", "feedback-report")
SPF = ("pass", "fail", "softfail", "none", "error")
DMARC = (*("pass", "fail", "quarantine", "reject", "none", "error"),)
TAGS = ("valid", "missing", "expired", "invalid")
REJECTIONS = (
    '550 5.7.8 "not here"',
    "551",
    "5.7.3",
    '"go away"',
    '554 5.7.1 "no, thank you: 100% & more"',
    '550 5.1.6 "moved"',
    "550 5.7.1",
)
DEFERRALS = ('450 4.7.8 "not now"', "450", "4.7.3", '"come back"', "451 4.7.1")
FIELDS = ("X-Bounce: yes", "X-Kind: odd; 100%", "X-Loop: seen", "X-Nullsender: by hand")
