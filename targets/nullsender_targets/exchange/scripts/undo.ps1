<#
.SYNOPSIS
Put everything back as it was before the first apply.ps1.

.DESCRIPTION
Reads before.clixml, which apply.ps1 wrote: objects that it made are removed, parameters that it changed get the values
that they had. Run it in the same kind of session; -WhatIf shows what would be done.

Exit code: 0 all was put back, 1 something is left, which the warnings name; before.clixml then stays.
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
$changed = 0
$left = 0

for ($at = $record.Count - 1; $at -ge 0; $at -= 1) {
    $item = $record[$at]
    $label = Get-Label -Item $item
    $found = @(Get-Present -Item $item)
    if ($item.ContainsKey('Made')) {
        if (($found.Count -gt 0) -and $PSCmdlet.ShouldProcess($label, 'Remove')) {
            $null = & ('Remove-' + $item.Noun) -Identity $item.Name -Confirm:$false
            Write-Output ('removed ' + $label)
            $changed += 1
        }
        continue
    }
    if ($found.Count -eq 0) {
        Write-Warning ($label + ' does not exist any more.')
        $left += 1
    }
    foreach ($present in $found) {
        $label = Get-Label -Item $item -Present $present
        $names = @(Get-Difference -Item $item -Present $present)
        if ($names.Count -gt 0) {
            if ($PSCmdlet.ShouldProcess($label, 'Set ' + ($names -join ', '))) {
                Set-Present -Item $item -Present $present -Names $names
                Write-Output ('set ' + $label + ': ' + ($names -join ', '))
                $changed += 1
            }
        }
    }
}

Write-Output ([string] $changed + ' put back, ' + $left + ' left')
if ($left -gt 0) {
    exit 1
}
if (Test-Path -LiteralPath $Before) {
    Remove-Item -LiteralPath $Before
}
exit 0
