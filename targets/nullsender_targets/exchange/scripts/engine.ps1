# What apply.ps1, undo.ps1 and audit.ps1 have in common. Nothing of a policy stands here: that is in policy.ps1, as values.

# Read what is wanted.
function Read-Policy {
    param([string] $Folder)
    & (Join-Path -Path $Folder -ChildPath 'policy.ps1')
}

# Refuse to go on in a session that does not reach the right Exchange.
function Assert-Connection {
    param([hashtable] $Policy)
    if (-not (Get-Command -Name $Policy.Probe -ErrorAction SilentlyContinue)) {
        throw ('This session is not connected to ' + $Policy.Title + '. ' + $Policy.Connect)
    }
}

# Bring what cmdlets give, and what they take, into one form: the words of a value, in order, one a line. What is off and
# what was never set are the same.
function Get-Word {
    param($Value)
    $words = @(
        foreach ($one in $Value) {
            $text = [string] $one
            if (($one -is [bool]) -and (-not $one)) {
                $text = ''
            }
            if ($text -match '^\S+ [KMGT]?B \((.+) bytes\)$') {
                $text = $Matches[1] -replace '[^0-9]', ''
            }
            $text
        }
    )
    ($words | Sort-Object) -join [char] 10
}

# Bring a value into the form in which it can be kept in a file, and be given back to a cmdlet.
function Get-Kept {
    param($Value)
    if (($null -eq $Value) -or ($Value -is [bool])) {
        return $Value
    }
    if ($Value -is [System.Collections.IList]) {
        return , @(foreach ($one in $Value) { [string] $one })
    }
    Get-Word -Value $Value
}

# Find the objects that are meant.
function Get-Present {
    param([hashtable] $Item)
    foreach ($one in @(& ('Get-' + $Item.Noun))) {
        if (($Item.Key -eq '') -or ([string] $one.($Item.Key) -eq $Item.Name)) {
            $one
        }
    }
}

# Name the parameters that are not as wanted.
function Get-Difference {
    param([hashtable] $Item, $Present)
    $differing = @(
        foreach ($name in @(@($Item.Set.Keys; $Item.Clear) | Sort-Object)) {
            if ($Item.Unread -notcontains $name) {
                if ((Get-Word -Value $Present.$name) -ne (Get-Word -Value $Item.Set[$name])) {
                    $name
                }
            }
        }
    )
    $differing
    if ($differing.Count -gt 0) {
        $Item.Unread
    }
}

# Name an object for people.
function Get-Label {
    param([hashtable] $Item, $Present)
    $name = $Item.Name
    if (($name -eq '') -and ($null -ne $Present) -and $Item.Identity) {
        $name = [string] $Present.Identity
    }
    ($Item.Noun + ' ' + $name) -replace '\s+$', ''
}

# Name the objects of ours that the policy does not want any more.
function Get-Stale {
    param([hashtable] $Policy)
    $names = @(foreach ($item in $Policy.Wanted) { $item.Noun + ' ' + $item.Name })
    foreach ($noun in $Policy.Made) {
        foreach ($one in @(& ('Get-' + $noun))) {
            $name = [string] $one.Name
            if ($name.StartsWith($Policy.Ours) -and ($names -notcontains ($noun + ' ' + $name))) {
                @{ Noun = $noun; Key = 'Name'; Name = $name }
            }
        }
    }
}

# Return the listed recipients that the directory does not hold, by their domain.
function Get-Missing {
    param([hashtable] $Policy, [string] $Folder)
    $missing = @{}
    if ($Policy.List -ne '') {
        $known = @{}
        foreach ($recipient in @(Get-Recipient -ResultSize Unlimited)) {
            foreach ($address in $recipient.EmailAddresses) {
                $plain = ([string] $address) -replace '^smtp:', ''
                $known[$plain] = $true
            }
        }
        foreach ($address in @(Get-Content -LiteralPath (Join-Path -Path $Folder -ChildPath $Policy.List) -Encoding UTF8)) {
            if (-not $known.ContainsKey($address)) {
                $domain = ($address -split '@')[-1]
                if (-not $missing.ContainsKey($domain)) {
                    $missing[$domain] = @()
                }
                $missing[$domain] += $address
            }
        }
    }
    $missing
}

# Say what keeps a domain from refusing recipients: the order is InternalRelay, all recipients, Authoritative.
function Get-Reason {
    param([hashtable] $Item, [hashtable] $Missing)
    $those = @($Missing[$Item.WaitsFor])
    $first = ($those | Select-Object -First 5) -join ', '
    'The directory lacks ' + $those.Count + ' listed recipients of ' + $Item.WaitsFor + ', such as ' + $first
}

# Read what was there before the first change; nothing where there was none.
function Read-Record {
    param([string] $Path)
    if (Test-Path -LiteralPath $Path) {
        foreach ($one in (Import-Clixml -LiteralPath $Path)) {
            $one
        }
    }
}

# Keep it for undo.ps1.
function Save-Record {
    param($Record, [string] $Path)
    Export-Clixml -LiteralPath $Path -InputObject $Record -Depth 5
}

# Write down what is there now, of each parameter only the first time: the later values are ours.
function Add-Record {
    param($Record, [hashtable] $Item, $Present, $Names)
    $identity = ''
    if ($Item.Identity) {
        $identity = [string] $Present.Identity
    }
    $before = @{}
    foreach ($name in $Names) {
        $known = @(
            foreach ($one in $Record) {
                if (($one.Noun -eq $Item.Noun) -and ($one.Name -eq $identity) -and $one.Set.ContainsKey($name)) {
                    $one
                }
            }
        )
        if ($known.Count -eq 0) {
            $before[$name] = Get-Kept -Value $Present.$name
        }
    }
    $Record
    if ($before.Count -gt 0) {
        $key = ''
        if ($Item.Identity) {
            $key = 'Identity'
        }
        @{ Noun = $Item.Noun; Key = $key; Name = $identity; Identity = $Item.Identity; Set = $before; Clear = @(); Unread = @() }
    }
}

# Set what differs.
function Set-Present {
    param([hashtable] $Item, $Present, $Names)
    $arguments = @{}
    foreach ($name in $Names) {
        $arguments[$name] = $Item.Set[$name]
    }
    if ($Item.Identity) {
        $arguments['Identity'] = [string] $Present.Identity
    }
    $null = & ('Set-' + $Item.Noun) @arguments
}
