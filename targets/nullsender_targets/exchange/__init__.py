"""Exchange: Exchange Online, and Edge Transport of Exchange Server; both are told what to do by PowerShell cmdlets."""
