package dev.gatehouse.containers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gatehouse.client.ClientCommand;
import dev.gatehouse.controlplane.ControlplaneCommand;
import dev.gatehouse.dataplane.DataplaneCommand;
import dev.gatehouse.portal.PortalCommand;
import dev.gatehouse.relay.RelayCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// `deploy/compose.yaml`, read into types that refuse what they do not know.
class ComposeTest {
    /// The parts of the Compose format that the file uses.
    record Compose(
            String name,
            Map<String, Service> services,
            Map<String, Network> networks,
            Map<String, Map<String, String>> volumes) {}

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
            @JsonProperty("depends_on") List<String> dependsOn,
            String restart,
            List<String> devices,
            Map<String, String> environment,
            JsonNode networks,
            Map<String, String> sysctls,
            List<String> ports,
            List<String> tmpfs,
            List<String> volumes) {
        boolean isOurs() {
            return image.startsWith("gatehouse/") && image.contains(":");
        }

        String target() {
            return image.substring("gatehouse/".length(), image.indexOf(':'));
        }
    }

    record Network(boolean internal, @JsonProperty("enable_ipv6") boolean enableIpv6, Ipam ipam) {}

    record Ipam(List<Map<String, String>> config) {}

    private static final Pattern TARGET = Pattern.compile("(?m)^FROM \\S+ AS (\\S+)$");

    private static Compose compose;

    @BeforeAll
    static void read() throws IOException {
        compose =
                new ObjectMapper(new YAMLFactory())
                        .readValue(
                                Engine.root().resolve("deploy/compose.yaml").toFile(),
                                Compose.class);
    }

    @Test
    void everyPartIsThere() {
        var targets =
                compose.services().values().stream()
                        .filter(Service::isOurs)
                        .collect(Collectors.groupingBy(Service::target, Collectors.counting()));

        assertThat(targets)
                .containsEntry("gateway", 2L)
                .containsEntry("relay", 1L)
                .containsEntry("client", 1L)
                .containsEntry("portal", 2L); // one of them sets up
        assertThat(compose.networks().get("private").internal()).isTrue();
        assertThat(names(compose.services().get("web").networks())).containsExactly("private");
        assertThat(names(compose.services().get("client").networks())).containsExactly("internet");
    }

    @Test
    void imagesNetworksVolumesAndServicesThatAreNamedExist() throws IOException {
        var dockerfile = Files.readString(Engine.root().resolve("deploy/Dockerfile"));
        var targets = TARGET.matcher(dockerfile).results().map(match -> match.group(1)).toList();
        compose.services()
                .forEach(
                        (name, service) -> {
                            if (service.isOurs()) {
                                assertThat(targets).as(name).contains(service.target());
                                assertThat(service.image())
                                        .isEqualTo(Engine.image(service.target()));
                            }
                            assertThat(compose.networks().keySet())
                                    .as(name)
                                    .containsAll(names(service.networks()));
                            assertThat(compose.services().keySet())
                                    .as(name)
                                    .containsAll(orEmpty(service.dependsOn()));
                            for (String volume : orEmpty(service.volumes())) {
                                assertThat(compose.volumes())
                                        .as(name)
                                        .containsKey(volume.split(":")[0]);
                            }
                        });
    }

    @Test
    void ourContainersHaveAReadOnlyRootAndNoCapabilityButForTheTunDevice() {
        for (var service : compose.services().values()) {
            if (!service.isOurs()) {
                continue;
            }
            boolean tun = service.target().matches("gateway|client");
            assertThat(service.readOnly()).isTrue();
            assertThat(service.tmpfs()).isNull();
            assertThat(service.capDrop()).containsExactly("ALL");
            assertThat(orEmpty(service.capAdd())).isEqualTo(tun ? List.of("NET_ADMIN") : List.of());
            assertThat(orEmpty(service.devices()))
                    .isEqualTo(tun ? List.of("/dev/net/tun:/dev/net/tun") : List.of());
        }
    }

    @Test
    void everySettingIsOneOfTheProcess() {
        for (var service : compose.services().values()) {
            if (service.environment() != null) {
                var known = usage(service.target());
                assertThat(service.environment().keySet())
                        .allSatisfy(setting -> assertThat(known).contains(setting));
            }
        }
    }

    private static String usage(String target) {
        var commands =
                switch (target) {
                    case "gateway" -> List.of(new ControlplaneCommand(), new DataplaneCommand());
                    case "relay" -> List.of(new RelayCommand());
                    case "client" -> List.of(new ClientCommand());
                    case "portal" -> List.of(new PortalCommand());
                    default -> throw new IllegalArgumentException(target);
                };
        return commands.stream()
                .map(command -> new CommandLine(command).getUsageMessage())
                .collect(Collectors.joining());
    }

    /// A service names its networks in a list, or as the keys of their settings.
    private static List<String> names(JsonNode networks) {
        if (networks == null) {
            return List.of();
        }
        var names = new ArrayList<String>();
        if (networks.isArray()) {
            networks.forEach(node -> names.add(node.asText()));
        } else {
            networks.fieldNames().forEachRemaining(names::add);
        }
        return names;
    }

    private static List<String> orEmpty(List<String> list) {
        return list == null ? List.of() : list;
    }
}
