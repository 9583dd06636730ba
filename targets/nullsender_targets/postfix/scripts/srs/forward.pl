#!/usr/bin/perl
# Usage: perl forward.pl POSTSRSD ONWARD
# Run by spawn(8) for smtp(8), which brings mail that may have been forwarded, each message for one recipient. It goes
# on to the smtpd at ONWARD. Was the original recipient one of ours, then postsrsd says what its sender becomes. smtp(8)
# writes that recipient on top of the message, and into ORCPT where another service of ours had it before. Nothing is
# answered for good before the smtpd behind has answered; whatever else fails is 451, and the message waits.
use strict;
use warnings;

my ($ours) = $0 =~ m{^(.+)/srs/};
require "$ours/srs/ask.pl";
my ($postsrsd, $onward) = @ARGV;
my $name = 'forwarding.invalid';
my $path = qr/<((?:"(?:[^"\\]|\\.)*"|[^">])*)>/;
$ENV{PATH} = '/usr/sbin:/usr/bin:/sbin:/bin';
$SIG{PIPE} = 'IGNORE';
binmode $_ for *STDIN, *STDOUT;
$| = 1;

sub say_ { print map { "$_\r\n" } @_ }

sub is_ours { # ADDRESS: whether its domain is served here
	my ($domain) = $_[0] =~ /@([^@\s>]+)$/ or return 0;
	open my $file, '<', "$ours/srs/served" or die "451 4.3.0 cannot read $ours/srs/served\n";
	chomp(my $map = <$file>);
	(my $home = $ours) =~ s{/[^/]+$}{};
	$map =~ s/\$config_directory/$home/g;
	open my $said, '-|', 'postmap', '-c', $home, '-q', "x\@$domain", $map or die "451 4.3.0 cannot run postmap\n";
	my $answer = <$said> // die "451 4.3.0 cannot tell whether $domain is served here\n";
	return $answer =~ /\bm\b/;
}

sub heard { # SOCKET: a reply, the last of its lines
	my ($smtp) = @_;
	while (defined(my $line = <$smtp>)) {
		$line =~ s/\r?\n\z//;
		return $line unless $line =~ /^[0-9]{3}-/;
	}
	die "451 4.4.2 the smtpd behind hung up\n";
}

sub begun { # SENDER PARAMETERS RCPT ORIGINAL: a connection that waits for the message; dies with a reply
	my ($sender, $parameters, $rcpt, $original) = @_;
	my $options = $rcpt =~ /^RCPT TO:\s*$path(.*)$/i ? $2 : '';
	my ($before) = $options =~ /\sORCPT=[^;\s]+;(\S+)/i;
	($before //= '') =~ s/\+([0-9A-F]{2})/chr hex $1/ge;
	if ($sender ne '' && (is_ours($original) || is_ours($before))) {
		$sender = of_address($postsrsd, $sender) // die "451 4.3.0 postsrsd does not rewrite the sender\n";
	}
	my $smtp = IO::Socket::INET->new(PeerAddr => $onward, Timeout => 30) or die "451 4.4.1 no smtpd behind\n";
	binmode $smtp;
	$smtp->autoflush(1);
	for my $command ('', "EHLO $name", "MAIL FROM:<$sender>$parameters", $rcpt, 'DATA') {
		print $smtp "$command\r\n" if $command ne '';
		my $said = heard($smtp);
		die "$said\n" unless $said =~ /^[23]/;
	}
	return $smtp;
}

sub pass_on { # MAIL RCPT: the reply to the message
	my ($sender, $parameters, $rcpt) = @_;
	my $line = <STDIN> // exit;
	my $original = '';
	($original, $line) = ($1, undef) if $line =~ /^X-Original-To: (.*?)\r?\n/;
	my $smtp = within(120, sub { begun($sender, $parameters, $rcpt, $original) });
	my $failed = $@ =~ /^[45]/ ? $@ : '451 4.4.2 no answer in time';
	while (defined($line //= <STDIN>)) {
		last if $line =~ /^\.\r?\n/;
		print $smtp $line if $smtp;
		undef $line;
	}
	defined $line or exit; # it broke off: so does what goes on
	chomp $failed;
	return $failed unless $smtp;
	print $smtp ".\r\n";
	return within(300, sub { heard($smtp) }) // '451 4.4.2 no answer in time';
}

my ($sender, $parameters, $rcpt);
say_ "220 $name ESMTP";
while (defined(my $line = <STDIN>)) {
	$line =~ s/\r?\n\z//;
	if ($line =~ /^EHLO\b/i) {
		say_ "250-$name", '250-8BITMIME', '250-DSN', '250-SMTPUTF8', '250 ENHANCEDSTATUSCODES';
	} elsif ($line =~ /^MAIL FROM:\s*$path(.*)$/i) {
		($sender, $parameters, $rcpt) = ($1, $2, undef);
		say_ '250 2.1.0 it will be seen';
	} elsif ($line =~ /^RCPT TO:\s*$path/i && defined $sender && !defined $rcpt) {
		$rcpt = $line;
		say_ '250 2.1.5 it will be seen';
	} elsif ($line =~ /^DATA$/i && defined $rcpt) {
		say_ '354 go on';
		say_ pass_on($sender, $parameters, $rcpt);
		($sender, $rcpt) = ();
	} elsif ($line =~ /^(?:RSET|NOOP)/i) {
		($sender, $rcpt) = () if $line =~ /^RSET/i;
		say_ '250 2.0.0 well';
	} elsif ($line =~ /^QUIT$/i) {
		say_ '221 2.0.0 bye';
		exit;
	} else {
		say_ '451 4.5.0 one message for one recipient at a time';
	}
}
