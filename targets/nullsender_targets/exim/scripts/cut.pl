# Submit a report again without the message that it returns: `cut.pl EXIM`, with the recipient on the first line of
# standard input, and after it a report that Exim has written.
#
# Such a report has three parts (RFC 3462): words, what became of each recipient, and what is returned. Whatever goes
# wrong ends this with a code that makes Exim try again later.
use strict;
use warnings;

my ($exim) = @ARGV;
binmode STDIN;
chomp(my $recipient = <STDIN> // '');
my $report = do { local $/ = undef; <STDIN> } // '';
my ($boundary) = $report =~ /\A(?:(?!\n\n).)*^Content-Type: multipart\/report;[^\n]*boundary=(\S+)$/ims
  or die "this is no report\n";
my @parts = split /(?<=\n)--\Q$boundary\E\n/, $report;
die "this report has no third part\n" unless @parts > 3 && $parts[3] =~ m{\AContent-type: (?:message|text)/rfc822}i;

open my $again, '|-', $exim, '-oi', '-oep', '-oMr', 'nullsender', '-f', '<>', '--', $recipient or die "$exim: $!\n";
binmode $again;
print {$again} join("--$boundary\n", @parts[0 .. 2]), "--$boundary--\n" or die "$exim: $!\n";
close $again or die "$exim ended with $?\n";
