/// What messages are made of: resources with their filters and sites, relays, candidates, addresses
/// and ICE credentials. Each record checks itself on construction; none knows a message.
package dev.gatehouse.channel.message.part;
