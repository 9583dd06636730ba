<#
.SYNOPSIS
Bring Exchange to what policy.ps1 says, and change nothing that is so already.

.DESCRIPTION
No host runs this by itself, so there is no apply.sh. Connect first (Connect-ExchangeOnline; on an Edge Transport server
open the Exchange Management Shell), then run

    .\apply.ps1 -WhatIf     show what would be changed
    .\apply.ps1             change it
    .\audit.ps1             show what is not as the policy says, any time later
    .\undo.ps1              put everything back as it was before the first apply.ps1

What was there before is kept in before.clixml, beside the scripts. Keep that file.

A domain refuses unknown recipients once it is Authoritative. Roll that out in three steps: let it be InternalRelay; see
that every recipient is in the directory, dynamic distribution groups and mail-enabled public folders as well; then make
it Authoritative. Where the policy lists recipients this script holds the order, and leaves a domain as it is until all
of them are there.

Exit code: 0 all is as wanted, 1 something is left to do, which the warnings name.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param([string] $Before = '')

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'engine.ps1')

$policy = Read-Policy -Folder $PSScriptRoot
Assert-Connection -Policy $policy
if ($Before -eq '') {
    $Before = Join-Path -Path $PSScriptRoot -ChildPath 'before.clixml'
}
$record = @(Read-Record -Path $Before)
$missing = Get-Missing -Policy $policy -Folder $PSScriptRoot
$changed = 0
$left = 0

foreach ($item in @(Get-Stale -Policy $policy)) {
    if ($PSCmdlet.ShouldProcess((Get-Label -Item $item), 'Remove')) {
        $null = & ('Remove-' + $item.Noun) -Identity $item.Name -Confirm:$false
        $record = @(foreach ($one in $record) { if ($one.Name -ne $item.Name) { $one } })
        Save-Record -Path $Before -Record $record
        Write-Output ('removed ' + (Get-Label -Item $item))
        $changed += 1
    }
}
foreach ($item in $policy.Wanted) {
    $label = Get-Label -Item $item
    if ($missing.ContainsKey($item.WaitsFor)) {
        Write-Warning ($label + ' is left as it is. ' + (Get-Reason -Item $item -Missing $missing))
        $left += 1
        continue
    }
    $found = @(Get-Present -Item $item)
    if (($found.Count -eq 0) -and (-not $item.Make)) {
        Write-Warning ($label + ' does not exist. Add it first.')
        $left += 1
    }
    if (($found.Count -eq 0) -and $item.Make) {
        if ($PSCmdlet.ShouldProcess($label, 'New')) {
            $record = @($record; @{ Noun = $item.Noun; Key = 'Name'; Name = $item.Name; Set = @{}; Made = $true })
            Save-Record -Path $Before -Record $record
            $arguments = $item.Set.Clone()
            $arguments['Name'] = $item.Name
            $null = & ('New-' + $item.Noun) @arguments
            Write-Output ('made ' + $label)
            $changed += 1
        }
    }
    foreach ($present in $found) {
        $label = Get-Label -Item $item -Present $present
        $names = @(Get-Difference -Item $item -Present $present)
        if ($names.Count -gt 0) {
            if ($PSCmdlet.ShouldProcess($label, 'Set ' + ($names -join ', '))) {
                $record = @(Add-Record -Record $record -Item $item -Present $present -Names $names)
                Save-Record -Path $Before -Record $record
                Set-Present -Item $item -Present $present -Names $names
                Write-Output ('set ' + $label + ': ' + ($names -join ', '))
                $changed += 1
            }
        }
    }
}

foreach ($note in $policy.Notes) {
    Write-Output ('note: ' + $note)
}
Write-Output ([string] $changed + ' changed, ' + $left + ' left to do')
if ($left -gt 0) {
    exit 1
}
exit 0
