package dev.gatehouse.containers.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.compose.ComposeFile.Service;
import dev.gatehouse.containers.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What `deploy/compose.yaml` names exists, and its containers get no more rights than they need.
class ComposeTest {
    private static final Pattern TARGET = Pattern.compile("(?m)^FROM \\S+ AS (\\S+)$");

    private static ComposeFile compose;

    @BeforeAll
    static void read() throws IOException {
        compose = ComposeFile.read();
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
        assertThat(compose.services().get("web").networkNames()).containsExactly("private");
        assertThat(compose.services().get("client").networkNames()).containsExactly("internet");
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
                                    .containsAll(service.networkNames());
                            assertThat(compose.services().keySet())
                                    .as(name)
                                    .containsAll(service.before().keySet());
                            for (String volume : service.volumes()) {
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
            assertThat(service.tmpfs()).isEmpty();
            assertThat(service.capDrop()).containsExactly("ALL");
            assertThat(service.capAdd()).isEqualTo(tun ? List.of("NET_ADMIN") : List.of());
            assertThat(service.devices())
                    .isEqualTo(tun ? List.of("/dev/net/tun:/dev/net/tun") : List.of());
        }
    }

    @Test
    void everySettingIsOneOfTheProcess() {
        for (var service : compose.services().values()) {
            if (!service.environment().isEmpty()) {
                assertThat(variables(service.target())).containsAll(service.environment().keySet());
            }
        }
    }

    private static List<String> variables(String target) {
        var processes =
                target.equals("gateway") ? List.of("control plane", "data plane") : List.of(target);
        return Stream.concat(
                        Setting.WITHOUT_OPTION.stream(),
                        Setting.all().stream()
                                .filter(setting -> processes.contains(setting.process()))
                                .map(Setting::variable))
                .toList();
    }
}
