#Requires -Version 4.0
<#
.SYNOPSIS
Writes what Windows knows about its updates as one JSON document for Patchwarden.

.DESCRIPTION
Asks the Windows Update Agent which updates are installed and which are on offer, and reads its
history, the list of hotfixes, the build number and the evidence of a pending reboot. Nothing is
downloaded, installed or changed.

A part that fails is named in the member "errors" of the document; the other parts are there all
the same. The exit code is 0 if every part was read, and 1 if one was not.

Works in Windows PowerShell 4.0, which Windows Server 2012 R2 has, and later, and in PowerShell 7;
needs no modules. Any user may run it; some systems show the whole history and all hotfixes to
administrators only. If the update server cannot be reached, what is installed is told as Windows
remembers it.

.PARAMETER OutFile
The file to write, in UTF-8. Without it, the document goes to the standard output.

.PARAMETER Offline
Asks the agent for what it remembers of its last search, in place of its update server. Faster;
as old as that search, whose time is in the document.

.EXAMPLE
powershell.exe -NoProfile -ExecutionPolicy Bypass -File patchwarden-scan.ps1 -OutFile web-1.json

Scans this machine and writes web-1.json, to be handed in with: patchwarden report submit web-1.json

.EXAMPLE
pwsh -NoProfile -File patchwarden-scan.ps1 -Offline | Set-Content -Encoding utf8 web-1.json

Takes what the last search found, without asking the update server again.

.EXAMPLE
Invoke-Command -ComputerName web-1 -FilePath patchwarden-scan.ps1 | Set-Content -Encoding utf8 web-1.json

Scans another machine by PowerShell remoting.

.LINK
https://learn.microsoft.com/windows/win32/api/_wua/
#>
[CmdletBinding()]
[OutputType([string])]
param(
    [string] $OutFile,
    [switch] $Offline
)

Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'

$collector = 'patchwarden-scan.ps1/1'
$historyPage = 500
$errorRecords = New-Object -TypeName System.Collections.ArrayList

function Add-Problem {
    param([string] $Part, [string] $Message, [int] $HResult)
    $problem = [ordered]@{
        part    = $Part
        hresult = '0x{0:X8}' -f $HResult
        message = $Message
    }
    [void] $errorRecords.Add($problem)
}

function Test-Problem {
    param([string] $Part)
    foreach ($problem in $errorRecords) {
        if ($problem.part -eq $Part) {
            return $true
        }
    }
    $false
}

# Runs one part of the scan. If it fails, the others still count.
function Invoke-Part {
    param([string] $Part, [scriptblock] $Script)
    try {
        & $Script
    }
    catch {
        # A call of a COM object wraps the error that says why.
        $cause = $_.Exception.GetBaseException()
        Add-Problem -Part $Part -Message $cause.Message -HResult $cause.HResult
    }
}

# Gives the one value of a part. PowerShell 5.1 would write the absence of output as {}, not null.
function Get-PartValue {
    param([string] $Part, [scriptblock] $Script)
    $value = Invoke-Part -Part $Part -Script $Script
    if ($null -eq $value) {
        return $null
    }
    $value
}

# The Windows Update Agent gives UTC in a DateTime that does not say so; CIM gives local time.
function ConvertTo-UtcText {
    param($Date)
    if ($null -eq $Date) {
        return $null
    }
    if ($Date.Kind -eq [DateTimeKind]::Local) {
        $Date = $Date.ToUniversalTime()
    }
    $invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $Date.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", $invariant)
}

# WMI writes month/day/year whatever the culture. What is written otherwise stays as it is.
function ConvertTo-DayText {
    param([string] $Text)
    if ($Text -match '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$' -and [int] $Matches[1] -le 12) {
        return '{0}-{1:00}-{2:00}' -f $Matches[3], [int] $Matches[1], [int] $Matches[2]
    }
    # Old records count in 100 nanoseconds since 1601, in hexadecimal.
    if ($Text -match '^[0-9a-fA-F]{16}$') {
        return ConvertTo-UtcText -Date ([DateTime]::FromFileTimeUtc([Convert]::ToInt64($Text, 16)))
    }
    $Text
}

function ConvertTo-TextArray {
    param($Collection)
    foreach ($item in $Collection) {
        [string] $item
    }
}

# A 32-bit process would see other keys by the registry provider.
function Open-MachineKey {
    param([string] $Path)
    $view = [Microsoft.Win32.RegistryView]::Registry64
    $hive = [Microsoft.Win32.RegistryHive]::LocalMachine
    $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey($hive, $view)
    $machine.OpenSubKey($Path)
}

function Test-MachineKey {
    param([string] $Path)
    $null -ne (Open-MachineKey -Path $Path)
}

function Get-MachineValue {
    param([string] $Path, [string] $Name)
    $key = Open-MachineKey -Path $Path
    if ($null -ne $key) {
        $key.GetValue($Name)
    }
}

function ConvertTo-Category {
    param($Category)
    [ordered]@{
        id   = [string] $Category.CategoryID
        type = [string] $Category.Type
        name = [string] $Category.Name
    }
}

function ConvertTo-Update {
    param($Update)
    [ordered]@{
        update_id          = [string] $Update.Identity.UpdateID
        title              = [string] $Update.Title
        kb_article_ids     = @(ConvertTo-TextArray -Collection $Update.KBArticleIDs)
        bulletin_ids       = @(ConvertTo-TextArray -Collection $Update.SecurityBulletinIDs)
        cve_ids            = @(ConvertTo-TextArray -Collection $Update.CveIDs)
        superseded_ids     = @(ConvertTo-TextArray -Collection $Update.SupersededUpdateIDs)
        categories         = @(foreach ($category in $Update.Categories) { ConvertTo-Category -Category $category })
        msrc_severity      = [string] $Update.MsrcSeverity
        deployment_changed = ConvertTo-UtcText -Date $Update.LastDeploymentChangeTime
        is_installed       = [bool] $Update.IsInstalled
        is_hidden          = [bool] $Update.IsHidden
        reboot_required    = [bool] $Update.RebootRequired
    }
}

function Search-Update {
    param($Searcher, [string] $Part, [string] $Criteria, [bool] $Superseded)
    $Searcher.IncludePotentiallySupersededUpdates = $Superseded
    $found = $Searcher.Search($Criteria)
    foreach ($warning in $found.Warnings) {
        Add-Problem -Part "$Part/warning" -Message $warning.Message -HResult $warning.HResult
    }
    foreach ($update in $found.Updates) {
        Invoke-Part -Part "$Part/update" -Script { ConvertTo-Update -Update $update }
    }
}

function ConvertTo-HistoryEntry {
    param($Entry)
    [ordered]@{
        date        = ConvertTo-UtcText -Date $Entry.Date
        title       = [string] $Entry.Title
        update_id   = [string] $Entry.UpdateIdentity.UpdateID
        operation   = [int] $Entry.Operation
        result_code = [int] $Entry.ResultCode
    }
}

function Get-UpdateHistory {
    param($Searcher)
    $total = $Searcher.GetTotalHistoryCount()
    for ($start = 0; $start -lt $total; $start += $historyPage) {
        foreach ($entry in $Searcher.QueryHistory($start, $historyPage)) {
            Invoke-Part -Part 'history/entry' -Script { ConvertTo-HistoryEntry -Entry $entry }
        }
    }
}

function ConvertTo-Hotfix {
    param($Fix)
    [ordered]@{
        hotfix_id    = [string] $Fix.HotFixID
        description  = [string] $Fix.Description
        installed_on = ConvertTo-DayText -Text $Fix.CimInstanceProperties['InstalledOn'].Value
        installed_by = [string] $Fix.InstalledBy
    }
}

function Get-InstalledHotfix {
    foreach ($fix in Get-CimInstance -ClassName Win32_QuickFixEngineering) {
        Invoke-Part -Part 'hotfixes/hotfix' -Script { ConvertTo-Hotfix -Fix $fix }
    }
}

function Get-RebootEvidence {
    $current = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
    [ordered]@{
        update_agent              = Get-PartValue -Part 'reboot/update_agent' -Script {
            [bool] (New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired
        }
        auto_update               = Get-PartValue -Part 'reboot/auto_update' -Script {
            Test-MachineKey -Path "$current\WindowsUpdate\Auto Update\RebootRequired"
        }
        component_based_servicing = Get-PartValue -Part 'reboot/component_based_servicing' -Script {
            Test-MachineKey -Path "$current\Component Based Servicing\RebootPending"
        }
        pending_file_renames      = Get-PartValue -Part 'reboot/pending_file_renames' -Script {
            # Two texts for each: the file, and its new name or nothing.
            $session = 'SYSTEM\CurrentControlSet\Control\Session Manager'
            $texts = @(Get-MachineValue -Path $session -Name 'PendingFileRenameOperations')
            [int] [Math]::Floor($texts.Count / 2)
        }
    }
}

function Get-NodeFact {
    $current = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $environment = 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $system = Invoke-Part -Part 'node/system' -Script { Get-CimInstance -ClassName Win32_OperatingSystem }
    $computer = Invoke-Part -Part 'node/computer' -Script { Get-CimInstance -ClassName Win32_ComputerSystem }
    # .NET may tell a program the version that the program is made for; WMI tells the truth.
    $version = [string] $system.Version
    if (-not $version) {
        $version = [Environment]::OSVersion.Version.ToString(3)
    }
    [ordered]@{
        name            = [string] $env:COMPUTERNAME
        domain          = [string] $(if ($computer.PartOfDomain) { $computer.Domain })
        os_caption      = [string] $system.Caption
        version         = $version
        ubr             = Get-PartValue -Part 'node/ubr' -Script { Get-MachineValue -Path $current -Name 'UBR' }
        architecture    = Get-PartValue -Part 'node/architecture' -Script {
            [string] (Get-MachineValue -Path $environment -Name 'PROCESSOR_ARCHITECTURE')
        }
        last_boot       = ConvertTo-UtcText -Date $system.LastBootUpTime
        ip_addresses    = @(Invoke-Part -Part 'node/ip_addresses' -Script {
                $enabled = Get-CimInstance -ClassName Win32_NetworkAdapterConfiguration -Filter 'IPEnabled = TRUE'
                foreach ($adapter in $enabled) { ConvertTo-TextArray -Collection $adapter.IPAddress }
            })
    }
}

# The WSUS server that group policy names; nothing if the machine asks Microsoft.
function Get-UpdateServer {
    $policy = 'SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
    if ((Get-MachineValue -Path "$policy\AU" -Name 'UseWUServer') -eq 1) {
        Get-MachineValue -Path $policy -Name 'WUServer'
    }
}

function Get-LastSearch {
    $automatic = New-Object -ComObject Microsoft.Update.AutoUpdate
    ConvertTo-UtcText -Date $automatic.Results.LastSearchSuccessDate
}

# Redirected output is in the encoding of the console, which may lack letters; this is in them all.
function ConvertTo-AsciiJson {
    param([string] $Json)
    $letters = New-Object -TypeName 'System.Collections.Generic.HashSet[char]'
    $letters.UnionWith($Json.ToCharArray())
    foreach ($letter in $letters) {
        if ([int] $letter -gt 126) {
            $Json = $Json.Replace([string] $letter, ('\u{0:x4}' -f [int] $letter))
        }
    }
    $Json
}

function New-Searcher {
    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = $collector
    $searcher = $session.CreateUpdateSearcher()
    $searcher.Online = -not $Offline
    $searcher
}

if ($env:OS -ne 'Windows_NT') {
    throw 'This collector asks the Windows Update Agent; run it on Windows.'
}

$started = ConvertTo-UtcText -Date ([DateTime]::UtcNow)
$searcher = Get-PartValue -Part 'update_agent' -Script { New-Searcher }
# What an installed update supersedes is installed too; what a newer one supersedes is not on offer.
$available = @(Invoke-Part -Part 'available' -Script {
        Search-Update -Searcher $searcher -Part 'available' -Criteria 'IsInstalled=0' -Superseded $false
    })
$installed = @(Invoke-Part -Part 'installed' -Script {
        # Nobody waits twice for a server that does not answer: Windows knows most of this itself.
        if (Test-Problem -Part 'available') {
            $searcher.Online = $false
        }
        Search-Update -Searcher $searcher -Part 'installed' -Criteria 'IsInstalled=1' -Superseded $true
    })
$history = @(Invoke-Part -Part 'history' -Script { Get-UpdateHistory -Searcher $searcher })
$hotfixes = @(Invoke-Part -Part 'hotfixes' -Script { Get-InstalledHotfix })
$node = Get-PartValue -Part 'node' -Script { Get-NodeFact }
$reboot = Get-RebootEvidence
$scan = [ordered]@{
    started       = $started
    ended         = ConvertTo-UtcText -Date ([DateTime]::UtcNow)
    online        = -not $Offline
    last_search   = Get-PartValue -Part 'scan/last_search' -Script { Get-LastSearch }
    update_server = [string] (Invoke-Part -Part 'scan/update_server' -Script { Get-UpdateServer })
}

$document = [ordered]@{
    windows_scan = 1
    collector    = $collector
    scan         = $scan
    node         = $node
    reboot       = $reboot
    available    = $available
    installed    = $installed
    history      = $history
    hotfixes     = $hotfixes
    errors       = $errorRecords.ToArray()
}
$json = ConvertTo-AsciiJson -Json (ConvertTo-Json -InputObject $document -Depth 6 -Compress)

if ($OutFile) {
    $path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutFile)
    $withoutMark = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false
    [System.IO.File]::WriteAllText($path, $json, $withoutMark)
}
else {
    $json
}

foreach ($problem in $errorRecords) {
    [Console]::Error.WriteLine('{0}: {1} ({2})' -f $problem.part, $problem.message, $problem.hresult)
}
if ($errorRecords.Count -gt 0) {
    exit 1
}
