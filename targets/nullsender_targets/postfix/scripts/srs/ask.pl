# For forward.pl and reverse.pl: ask postsrsd, in the protocol of tcp_table(5). It knows addresses
# without quotes.
use strict;
use warnings;
use IO::Socket::INET;

sub within { # SECONDS CODE: what the code returns; undef where it takes longer, or dies
	my ($seconds, $code) = @_;
	my $left = alarm $seconds; # of the time in which somebody waits for us
	my $said = eval {
		local $SIG{ALRM} = sub { die "no answer within $seconds s\n" };
		$code->();
	};
	alarm $left;
	return $said;
}

sub of_address { # HOST:PORT ADDRESS: what becomes of it, undef where nothing does; dies where nobody answers
	my ($where, $address) = @_;
	$address =~ s/\\(.)/$1/g if $address =~ s/^"(.*)"@/$1@/;
	$address =~ s/([^!-~]|%)/sprintf '%%%02x', ord $1/ge;
	my $said = within(3, sub {
		my $postsrsd = IO::Socket::INET->new(PeerAddr => $where) or die "$!\n";
		print $postsrsd "get $address\n";
		return scalar <$postsrsd>;
	}) // die "451 4.3.0 postsrsd does not answer\n";
	return unless $said =~ /^200 (\S+)/;
	my ($local, $host) = unescaped($1) =~ /^(.+)@([^@\s<>]+)$/s or return;
	return "$local\@$host" if $local =~ /^[^\x00-\x20()<>\[\]:;@\\,"\x7f]+$/;
	$local =~ s/(["\\])/\\$1/g;
	return qq{"$local"\@$host};
}

sub unescaped {
	my ($text) = @_;
	$text =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
	return $text;
}

1;
