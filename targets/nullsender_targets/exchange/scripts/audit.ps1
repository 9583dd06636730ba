<#
.SYNOPSIS
Show what is not as policy.ps1 says. Reads, and changes nothing.

.DESCRIPTION
Run it in the same kind of session as apply.ps1. Each line is one thing that differs: what is there, and what is wanted.

Exit code: 0 all is as wanted, 1 something differs.
#>
[CmdletBinding()]
param()

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'engine.ps1')

$policy = Read-Policy -Folder $PSScriptRoot
Assert-Connection -Policy $policy
$missing = Get-Missing -Policy $policy -Folder $PSScriptRoot
$differing = 0

foreach ($item in @(Get-Stale -Policy $policy)) {
    Write-Output ((Get-Label -Item $item) + ': not wanted any more')
    $differing += 1
}
foreach ($item in $policy.Wanted) {
    $label = Get-Label -Item $item
    if ($missing.ContainsKey($item.WaitsFor)) {
        Write-Output ($label + ': ' + (Get-Reason -Item $item -Missing $missing))
        $differing += 1
    }
    $found = @(Get-Present -Item $item)
    if ($found.Count -eq 0) {
        Write-Output ($label + ': does not exist')
        $differing += 1
    }
    foreach ($present in $found) {
        $label = Get-Label -Item $item -Present $present
        foreach ($name in @(Get-Difference -Item $item -Present $present)) {
            $there = (@(foreach ($one in $present.$name) { [string] $one })) -join ', '
            $wanted = (@(foreach ($one in $item.Set[$name]) { [string] $one })) -join ', '
            Write-Output ($label + ': ' + $name + ' is ' + $there + ', wanted ' + $wanted)
            $differing += 1
        }
    }
}

Write-Output ([string] $differing + ' differing')
if ($differing -gt 0) {
    exit 1
}
exit 0
