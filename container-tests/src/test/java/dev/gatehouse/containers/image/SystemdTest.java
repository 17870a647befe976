package dev.gatehouse.containers.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The units as systemd itself judges them.
class SystemdTest {
    private static final String INSTALLED_JAVA = "/opt/gatehouse/jre/bin/java";

    @TempDir Path folder;

    /// Copies whose program exists on this machine.
    @BeforeEach
    void copyUnits() throws IOException {
        Programs.need("systemd-analyze", "systemd");
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try (var units =
                Files.newDirectoryStream(Engine.root().resolve("deploy/systemd"), "*.service")) {
            for (var unit : units) {
                Files.writeString(
                        folder.resolve(unit.getFileName()),
                        Files.readString(unit).replace(INSTALLED_JAVA, java));
            }
        }
    }

    @Test
    void systemdUnderstandsEveryLine() throws Exception {
        var command = new ArrayList<>(List.of("systemd-analyze", "verify", "--man=no"));
        try (var units = Files.list(folder)) {
            units.map(unit -> "./" + unit.getFileName()).sorted().forEach(command::add);
        }

        assertThat(command).hasSize(3 + 5);
        assertThat(Programs.run(folder, command)).isEqualTo(new Programs.Result(0, ""));
    }

    /// In tenths of systemd's own measure, 0 (safe) to 10 (open).
    @ParameterizedTest
    @CsvSource({"controlplane, 30", "dataplane, 45", "relay, 30", "portal, 30", "client, 45"})
    void theSandboxIsTight(String process, int exposureMax) throws Exception {
        var result =
                Programs.run(
                        folder,
                        List.of(
                                "systemd-analyze",
                                "security",
                                "--offline=true",
                                "--no-pager",
                                "--threshold=" + exposureMax,
                                "./gatehouse-" + process + ".service"));

        assertThat(result.status()).as(result.said()).isZero();
    }

    /// What fails is tried again without end, unless it is a mistake in the settings.
    @Test
    void noUnitIsGivenUpButForAMistake() throws Exception {
        try (var units = Files.newDirectoryStream(folder, "*.service")) {
            for (var unit : units) {
                assertThat(Files.readAllLines(unit))
                        .as(unit.getFileName().toString())
                        .contains(
                                "StartLimitIntervalSec=0",
                                "Restart=always",
                                "RestartPreventExitStatus=2");
            }
        }
    }

    @Test
    void onlyThoseWithATunDeviceGetACapability() throws Exception {
        try (var units = Files.newDirectoryStream(folder, "*.service")) {
            for (var unit : units) {
                var bounding =
                        Files.readAllLines(unit).stream()
                                .filter(line -> line.startsWith("CapabilityBoundingSet="))
                                .toList();
                var name = unit.getFileName().toString();
                boolean tun = name.contains("dataplane") || name.contains("client");
                assertThat(bounding)
                        .as(name)
                        .containsExactly("CapabilityBoundingSet=" + (tun ? "CAP_NET_ADMIN" : ""));
            }
        }
    }
}
