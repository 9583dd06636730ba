# Say what a bounce returned: `returned.pl SPOOL ID HEADER`, for a message that Exim has just received.
#
# The first line is `!report` or `!bounce`, the next ones are the names in the Received and Message-ID lines of the
# header that came back, each followed by the domains above it. `nothing` stands alone where nothing came back that can
# be compared. Messages are read as RFC 5322, 2045 and 6522 have them, in linear time; all text is octets.
use strict;
use warnings;

my $DEEPEST = 20;    # levels of parts
my $LEAST = 3;       # fields that make a header
my %HEADERS = map { $_ => 1 } qw(message/global message/global-headers message/partial message/rfc822
  message/rfc822-headers text/rfc822-headers);
my %STATUS = map { $_ => 1 } qw(message/delivery-status message/global-delivery-status);
my $FIELD = qr/\A([!-9;-~]++)[ \t]*+:(.*)\z/s;
my $LIKELY = qr/\A([A-Za-z][\w.-]*+)[ \t]*+:(.*)\z/as;

sub main {
    my ($spool, $id, $head) = @_;
    alarm 25;        # which ends it: Exim then defers the message
    my ($fields) = header(decoded($head), 0);
    my @parts = parts($fields, decoded(body($spool, $id)), 0);
    my ($kind, $parameters) = content_type($fields);
    my $report = $kind eq 'multipart/report' ? lc($parameters->{'report-type'} // '') : '';
    my @lines = grep { $_->[0] =~ /\A(?:received|message-id)\z/i } @{returned(\@parts)};
    if (!@lines || needs_no_original($fields, $report, \@parts)) {
        print "nothing";
        return;
    }
    print $report ne '' ? "!report\n" : "!bounce\n";
    my %said;
    for my $word (map { lc } map { $_->[1] =~ /([\w-]+(?:\.[\w-]+)*)/ag } @lines) {
        my @labels = split /\./, $word;
        for my $first (0 .. $#labels) {
            my $name = join '.', @labels[$first .. $#labels];
            print "$name\n" unless $said{$name}++;
        }
    }
}

# Tell whether it is a receipt (RFC 8098), a complaint (RFC 5965), a program's answer (RFC 3834), or a warning about
# delay. Servers that write no reports call their bounces `auto-replied`, too, but no person's answer is by MAILER-DAEMON.
sub needs_no_original {
    my ($fields, $report, $parts) = @_;
    return 1 if $report eq 'disposition-notification' || $report eq 'feedback-report';
    my $answered = grep { lc $_->[0] eq 'auto-submitted' && $_->[1] =~ /auto-replied/i } @$fields;
    my $by_daemon = grep { lc $_->[0] eq 'from' && $_->[1] =~ /mailer-daemon/i } @$fields;
    return 1 if $answered && !$by_daemon && $report eq '';
    for my $part (grep { $STATUS{$_->{type}} } @$parts) {
        return lc $1 eq 'delayed' if text($part) =~ /^action[ \t]*+:[ \t]*+([a-z-]*+)/im;
    }
    return 0;
}

# --- what came back ---------------------------------------------------------------------------------------------------
sub returned {
    my ($parts) = @_;
    for my $part (grep { $HEADERS{$_->{type}} } @$parts) {
        my ($fields) = header(text($part) =~ s/\A\n++//r, 1);
        return $fields if @$fields;
    }
    for my $part (grep { $_->{type} =~ m{\Atext/} || $STATUS{$_->{type}} } @$parts) {
        my $fields = inlined(text($part));
        return $fields if @$fields;
    }
    return [];
}

# Return the first block of lines in a text that is a header by its shape, indented or quoted as it may be.
sub inlined {
    my ($text) = @_;
    my $telling = qr/^([ \t>|]*+)(?:received|message-id)[ \t]*+:/im;
    return [] unless $text =~ $telling;
    for my $block (split /\n[ \t>|]*+(?=\n)/, $text, -1) {
        my @margins = sort { length $a <=> length $b } $block =~ /$telling/g or next;
        my $margin = $margins[0];
        my @lines = map { substr $_, length $margin } grep { index($_, $margin) == 0 } split /\n/, $block, -1;
        shift @lines while @lines && $lines[0] !~ $LIKELY;
        my ($fields) = header(join("\n", @lines), 1);
        my %names = map { lc $_->[0] => 1 } @$fields;
        return $fields if keys %names >= $LEAST;
    }
    return [];
}

# --- messages ---------------------------------------------------------------------------------------------------------
sub body {
    my ($spool, $id) = @_;
    my ($path) = grep { -e } "$spool/input/$id-D", "$spool/input/" . substr($id, 5, 1) . "/$id-D";
    die "there is no body of $id" unless defined $path;
    open my $file, '<:raw', $path or die "$path: $!";
    readline $file;    # its name
    local $/ = undef;
    return readline($file) // '';
}

sub decoded { return $_[0] =~ s/\r\n/\n/gr }

# Part a header, unfolded, from the body. A loose one went through programs that wrap lines.
sub header {
    my ($text, $loose) = @_;
    my $pattern = $loose ? $LIKELY : $FIELD;
    my (@fields, $at);
    for ($at = 0; $at < length $text;) {
        my $newline = index $text, "\n", $at;
        my $end = $newline < 0 ? length $text : $newline + 1;
        my $line = substr $text, $at, ($newline < 0 ? $end : $newline) - $at;
        if ($line =~ /\A[ \t]/ && @fields) {
            push @{$fields[-1][1]}, $line;
        } elsif ($line =~ $pattern) {
            push @fields, [$1, [$2]];
        } elsif ($loose && @fields && $line =~ /[^\s\x1c-\x1f]/) {
            push @{$fields[-1][1]}, " $line";
        } elsif ($line !~ /\A>?From /) {
            $at = $end if $line eq '';
            last;
        }
        $at = $end;
    }
    my @joined = map { [$_->[0], join('', @{$_->[1]}) =~ s/\A\s++|\s++\z//gr] } @fields;
    return (\@joined, substr $text, $at);
}

sub first {
    my ($fields, $name) = @_;
    for my $field (@$fields) {
        return $field->[1] if lc $field->[0] eq $name;
    }
    return '';
}

sub content_type {
    my ($fields) = @_;
    my $value = first($fields, 'content-type');
    my %parameters;
    while ($value =~ /;\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]++))/gs) {
        my ($name, $quoted, $plain) = (lc $1, $2 // '', $3 // '');
        $quoted =~ s/\\(.)/$1/g;
        $parameters{$name} = $quoted ne '' ? $quoted : $plain unless exists $parameters{$name};
    }
    my $kind = lc($value =~ s/;.*//sr) =~ s/\A\s++|\s++\z//gr;
    return ($kind ne '' ? $kind : 'text/plain', \%parameters);
}

# Return the parts of a message that have no parts, in order; a multipart in which no boundary stands is text.
sub parts {
    my ($fields, $body, $depth) = @_;
    my ($kind, $parameters) = content_type($fields);
    return part($fields, $body, $kind) if $kind !~ m{\Amultipart/};
    my @pieces = pieces($body, $parameters->{boundary} // '');
    return part($fields, $body, 'text/plain') unless @pieces;
    return () if $depth >= $DEEPEST;
    my @default = $kind eq 'multipart/digest' ? (['Content-Type', 'message/rfc822']) : ();
    my @found;
    for my $piece (@pieces) {
        my ($inner, $content) = header($piece, 1);
        push @found, parts([@$inner, @default], $content, $depth + 1);
    }
    return @found;
}

sub part { return {fields => $_[0], content => $_[1], type => $_[2]} }

sub pieces {
    my ($body, $boundary) = @_;
    return () if $boundary eq '';
    my $text = "\n$body";
    my (@pieces, $from);
    while ($text =~ /\n--\Q$boundary\E(--)?[ \t\r]*+(?=\n|\z)/g) {
        push @pieces, substr $text, $from + 1, $-[0] - $from - 1 if defined $from && $-[0] > $from;
        push @pieces, '' if defined $from && $-[0] <= $from;
        return @pieces if defined $1;
        $from = $+[0];
    }
    push @pieces, substr $text, $from + 1 if defined $from && $from < length $text;
    push @pieces, '' if defined $from && $from >= length $text;
    return @pieces;
}

# Return the content with its content-transfer-encoding undone; what is broken in it is left out.
sub text {
    my ($part) = @_;
    my $encoding = lc first($part->{fields}, 'content-transfer-encoding');
    return decoded(base64($part->{content})) if $encoding eq 'base64';
    return decoded(quoted_printable($part->{content})) if $encoding eq 'quoted-printable';
    return $part->{content};
}

sub base64 {
    my ($digits) = split /=/, $_[0], 2;
    $digits = ($digits // '') =~ s{[^A-Za-z0-9+/]++}{}gr;
    chop $digits if length($digits) % 4 == 1;
    my $octets = '';
    for my $line ($digits =~ /(.{1,60})/g) {
        $octets .= unpack 'u', chr(32 + int(length($line) * 3 / 4)) . ($line =~ tr{A-Za-z0-9+/}{ -_}r) . ' ' x 4;
    }
    return $octets;
}

sub quoted_printable {
    return $_[0] =~ s/=(?:([0-9A-Fa-f]{2})|=|\n|\r[^\n]*+\n?|\z)/defined $1 ? chr hex $1 : $& eq '==' ? '=' : ''/ger;
}

main(@ARGV);
