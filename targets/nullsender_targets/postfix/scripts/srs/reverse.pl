#!/usr/bin/perl
# Usage: perl reverse.pl HOST:PORT
# Run by spawn(8) for tables of Postfix, to which it passes what postsrsd says, or at once that it says nothing: by
# itself, Postfix would wait for minutes.
use strict;
use warnings;

my ($folder) = $0 =~ m{^(.+)/};
require "$folder/ask.pl";
my ($postsrsd) = @ARGV;
$| = 1;
while (defined(my $line = <STDIN>)) {
	my ($address) = $line =~ /^get (\S+)/ or print("400 what?\n") and next;
	my $found = eval { of_address($postsrsd, unescaped($address)) };
	$found =~ s/([^!-~]|%)/sprintf '%%%02x', ord $1/ge if defined $found;
	print $@ ? "400 postsrsd does not answer\n" : defined $found ? "200 $found\n" : "500 nobody\n";
}
