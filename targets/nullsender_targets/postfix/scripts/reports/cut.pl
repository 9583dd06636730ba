# Give a report back to Postfix without the message that it returns: `cut.pl PORT RECIPIENT...`, run by pipe(8).
#
# A report has three parts (RFC 3462): words, what became of each recipient, and what is returned. Whatever goes wrong,
# the report waits.
use strict;
use warnings;
use IO::Socket::INET;

my $LATER = 75;       # sysexits(3): pipe(8) tries again
my $SECONDS = 300;    # that all of it may take
my $RETURNED = qr{^Content-Type: (?:message/(?:rfc822|global)|text/rfc822-headers|message/global-headers)\b}mi;

sub main {
    my ($port, @recipients) = @_;
    alarm $SECONDS;
    binmode STDIN;
    my $report = cut(do { local $/ = undef; <STDIN> } // '');
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
      or die "no connection to port $port: $@\n";
    my $options = $report =~ /[^\0-\x7f]/ ? ' BODY=8BITMIME' : '';
    my ($head) = $report =~ /\A(.*?)\n\n/s;
    $options .= ' SMTPUTF8' if "@recipients$head" =~ /[^\0-\x7f]/;
    reply($server, 220);
    say_to($server, 250, 'EHLO localhost');
    say_to($server, 250, "MAIL FROM:<>$options");
    say_to($server, 250, "RCPT TO:<$_>") for @recipients;
    say_to($server, 354, 'DATA');
    print {$server} $report =~ s/^\./../gmr =~ s/\n/\r\n/gr;
    say_to($server, 250, '.');
    print {$server} "QUIT\r\n";
}

sub cut {
    my ($report) = @_;
    my ($head) = $report =~ /\A(.*?\n)\n/s or die "this is no report\n";
    my ($boundary) = $head =~ m{^Content-Type: multipart/report;(?:[^\n]*\n[ \t])*[^\n]*boundary="([^"\n]+)"}mi
      or die "this is no report\n";
    my @parts = split /^--\Q$boundary\E\n/m, $report;
    die "this report has no third part\n" unless @parts > 3 && $parts[3] =~ /\A(?:(?!\n\n).)*?$RETURNED/s;
    return join("--$boundary\n", @parts[0 .. 2]) . "--$boundary--\n";
}

sub say_to {
    my ($server, $code, $line) = @_;
    print {$server} "$line\r\n";
    reply($server, $code);
}

sub reply {
    my ($server, $code) = @_;
    my $line;
    do { $line = readline $server // die "it hung up\n" } while $line =~ /\A\d\d\d-/;
    die $line unless index($line, $code) == 0;
}

$SIG{ALRM} = sub { die "no end after $SECONDS s\n" };
eval { main(@ARGV); 1 } or do { print "4.3.0 $@"; exit $LATER };
