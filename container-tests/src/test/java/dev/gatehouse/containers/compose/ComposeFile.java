package dev.gatehouse.containers.compose;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.github.dockerjava.api.model.Capability;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// `deploy/compose.yaml`, read into types that refuse what they do not know: the parts of the
/// Compose format that the file uses.
record ComposeFile(
        String name,
        Map<String, Service> services,
        Map<String, Network> networks,
        Map<String, Map<String, String>> volumes) {
    /// @param networks a list of names, or their settings by name
    /// @param dependsOn a list of names, or conditions by name
    /// @param healthcheck null for the image's
    record Service(
            String image,
            List<String> profiles,
            List<String> command,
            @JsonProperty("read_only") boolean readOnly,
            @JsonProperty("cap_drop") List<String> capDrop,
            @JsonProperty("cap_add") List<String> capAdd,
            @JsonProperty("security_opt") List<String> securityOpt,
            @JsonProperty("network_mode") String networkMode,
            @JsonProperty("stop_grace_period") String stopGracePeriod,
            @JsonProperty("depends_on") JsonNode dependsOn,
            Healthcheck healthcheck,
            String restart,
            List<String> devices,
            Map<String, String> environment,
            JsonNode networks,
            Map<String, String> sysctls,
            List<String> ports,
            List<String> tmpfs,
            List<String> volumes) {
        /// What the file leaves out is empty.
        Service {
            profiles = Objects.requireNonNullElse(profiles, List.of());
            command = Objects.requireNonNullElse(command, List.of());
            capDrop = Objects.requireNonNullElse(capDrop, List.of());
            capAdd = Objects.requireNonNullElse(capAdd, List.of());
            securityOpt = Objects.requireNonNullElse(securityOpt, List.of());
            networkMode = Objects.requireNonNullElse(networkMode, "");
            restart = Objects.requireNonNullElse(restart, "");
            ports = Objects.requireNonNullElse(ports, List.of());
            dependsOn = Objects.requireNonNullElse(dependsOn, MissingNode.getInstance());
            devices = Objects.requireNonNullElse(devices, List.of());
            environment = Objects.requireNonNullElse(environment, Map.of());
            networks = Objects.requireNonNullElse(networks, MissingNode.getInstance());
            sysctls = Objects.requireNonNullElse(sysctls, Map.of());
            tmpfs = Objects.requireNonNullElse(tmpfs, List.of());
            volumes = Objects.requireNonNullElse(volumes, List.of());
        }

        boolean isOurs() {
            return image.startsWith("gatehouse/") && image.contains(":");
        }

        String target() {
            return image.substring("gatehouse/".length(), image.indexOf(':'));
        }

        Capability[] dropped() {
            return capDrop.stream().map(Capability::valueOf).toArray(Capability[]::new);
        }

        Capability[] added() {
            return capAdd.stream().map(Capability::valueOf).toArray(Capability[]::new);
        }

        /// Its place in one of its networks, under the name of the service and the aliases.
        Box.Attachment attachment(
                String name, String network, org.testcontainers.containers.Network made) {
            var settings = networks.path(network);
            var aliases = new ArrayList<>(List.of(name));
            settings.path("aliases").forEach(alias -> aliases.add(alias.asText()));
            return new Box.Attachment(
                    made,
                    aliases,
                    settings.path("ipv4_address").asText(null),
                    settings.path("ipv6_address").asText(null));
        }

        /// The services that come before it, and whether they must be healthy.
        Map<String, Boolean> before() {
            var before = new LinkedHashMap<String, Boolean>();
            if (dependsOn.isArray()) {
                dependsOn.forEach(name -> before.put(name.asText(), false));
            }
            for (var entry : dependsOn.properties()) {
                var condition = entry.getValue().path("condition").asText();
                before.put(entry.getKey(), condition.equals("service_healthy"));
            }
            return before;
        }

        List<String> networkNames() {
            var names = new ArrayList<String>();
            if (networks.isArray()) {
                networks.forEach(node -> names.add(node.asText()));
            } else {
                networks.fieldNames().forEachRemaining(names::add);
            }
            return names;
        }
    }

    /// @param test `CMD` and the command
    record Healthcheck(List<String> test) {}

    record Network(boolean internal, @JsonProperty("enable_ipv6") boolean enableIpv6, Ipam ipam) {
        List<String> subnets() {
            return ipam.config().stream().map(entry -> entry.get("subnet")).toList();
        }
    }

    record Ipam(List<Map<String, String>> config) {}

    static ComposeFile read() throws IOException {
        return new ObjectMapper(new YAMLFactory())
                .readValue(
                        Engine.root().resolve("deploy/compose.yaml").toFile(), ComposeFile.class);
    }
}
