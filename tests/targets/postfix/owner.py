"""A Postfix that somebody has already: Debian's stock main.cf and master.cf, and what an owner adds to them."""

from __future__ import annotations

from pathlib import Path

from tests.live.deployment import run

POLICY = Path(__file__).parent / "policies/fragment.ndr"
HOME = Path("/etc/postfix")
OWNERS = (
    "inet_interfaces = all",
    "mynetworks = 127.0.0.0/8, 198.51.100.200/32",
    "relay_domains = example.org, example.net, .star.example.org",
    "parent_domain_matches_subdomains =",
    "relay_recipient_maps = inline:{olga@example.org=x, @example.net=x}, regexp:/etc/postfix/people",
    "relay_transport = lmtp:inet:127.0.0.1:24",
    "smtpd_restriction_classes = owners_class",
    "owners_class = check_sender_access inline:{{ foe@partner.example = 554 5.7.0 the owner said no }}",
    "smtpd_recipient_restrictions = permit_mynetworks, owners_class",
    "smtpd_data_restrictions = check_sender_access inline:{{ late@partner.example = 554 5.7.0 not so late }}",
    "smtpd_sasl_auth_enable = yes",
    "smtpd_sasl_type = dovecot",
    "smtpd_sasl_path = private/login",
    "bounce_size_limit = 77000",
)
PEOPLE = (
    "/^(alice|bob|abuse|newsletter|postmaster|full)([+-].*)?@example\\.org$/ x\n/@[a-z]+\\.star\\.example\\.org$/ x\n"
)


def furnish() -> None:
    (HOME / "people").write_text(PEOPLE)
    for line in OWNERS:
        run("postconf", "-e", line)
