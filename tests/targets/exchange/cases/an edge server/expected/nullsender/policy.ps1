# What 'Exchange Server' is to be set to. Generated: change the policy instead. It holds values alone; apply.ps1 acts on them.
@{
    Title = 'Exchange Server'
    Probe = 'Get-TransportService'
    Connect = 'Run this in the Exchange Management Shell of the Edge Transport server.'
    Ours = 'nullsender edge: '
    Made = @()
    List = ''
    Notes = @(
        'Exchange Server refuses by itself to relay for whoever has not logged in.'
        'Automatic replies never go to a null sender.'
    )
    Wanted = @(
        @{
            # reject nonexistent recipients
            Noun = 'RecipientFilterConfig'
            Key = ''
            Name = ''
            Identity = $false
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                Enabled = $true
                ExternalMailEnabled = $true
                RecipientValidationEnabled = $true
            }
        }
        @{
            # reject nonexistent recipients of example.org
            Noun = 'AcceptedDomain'
            Key = 'DomainName'
            Name = 'example.org'
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                DomainType = 'Authoritative'
                AddressBookEnabled = $true
            }
        }
        @{
            # recipients of example.net are anyone
            Noun = 'AcceptedDomain'
            Key = 'DomainName'
            Name = 'example.net'
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                DomainType = 'InternalRelay'
                AddressBookEnabled = $false
            }
        }
        @{
            # send ndrs only to trusted senders without a copy
            Noun = 'RemoteDomain'
            Key = ''
            Name = ''
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                NDREnabled = $false
            }
        }
        @{
            # return headers only
            Noun = 'TransportConfig'
            Key = ''
            Name = ''
            Identity = $false
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                ExternalDsnMaxMessageAttachSize = 0
                InternalDsnMaxMessageAttachSize = 0
            }
        }
        @{
            # give up mail after 5d
            Noun = 'TransportService'
            Key = ''
            Name = ''
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                MessageExpirationTimeout = '5.00:00:00'
            }
        }
        @{
            # warn about delay after 8h
            Noun = 'TransportService'
            Key = ''
            Name = ''
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                DelayNotificationTimeout = '08:00:00'
            }
        }
        @{
            # warn about delay after 8h
            Noun = 'TransportConfig'
            Key = ''
            Name = ''
            Identity = $false
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                ExternalDelayDsnEnabled = $true
                InternalDelayDsnEnabled = $true
            }
        }
        @{
            # answer automatically only ordinary mail
            Noun = 'RemoteDomain'
            Key = ''
            Name = ''
            Identity = $true
            Make = $false
            WaitsFor = ''
            Unread = @()
            Clear = @()
            Set = @{
                AllowedOOFType = 'External'
                AutoReplyEnabled = $true
            }
        }
    )
}
