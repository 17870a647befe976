package dev.gatehouse.relay;

import dev.gatehouse.channel.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// How a relay reaches its portal.
///
/// @param name shown by the portal; never replaced by a host name
/// @param caFile PEM certificates to trust instead of the JVM's
record PortalLogin(URI api, Secret token, Optional<String> name, Optional<Path> caFile) {}
