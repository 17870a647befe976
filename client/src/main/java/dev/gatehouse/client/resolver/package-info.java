/// How the host's resolver is told whom to ask: `resolv.conf` is written and restored here
/// ([ResolvConf]), `systemd-resolved` is told ([Resolved]), both kept against other programs
/// ([DnsKeeper]) on a thread of their own. Knows neither the loop nor the network. Begin at
/// [KeptResolver].
package dev.gatehouse.client.resolver;
