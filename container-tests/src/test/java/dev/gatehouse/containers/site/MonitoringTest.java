package dev.gatehouse.containers.site;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gatehouse.containers.engine.Programs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Alerts and dashboard; that their metrics exist is [SiteIT]'s.
class MonitoringTest {
    private static final int ALERTS_MIN = 10;

    @Test
    void prometheusAcceptsTheConfiguration() throws Exception {
        Programs.need("promtool", "prometheus");

        var result = promtool("check", "config", "prometheus.yaml");

        assertThat(result.status()).as(result.said()).isZero();
    }

    @Test
    void everyAlertFiresWhenItShouldAndElseNone() throws Exception {
        Programs.need("promtool", "prometheus");

        var result = promtool("test", "rules", "rules-test.yaml");

        assertThat(result.status()).as(result.said()).isZero();
    }

    @Test
    void everyAlertIsTestedAndSaysHowUrgentItIs() throws IOException {
        var yaml = new ObjectMapper(new YAMLFactory());
        var folder = Monitoring.folder();
        var tests = yaml.readTree(folder.resolve("rules-test.yaml").toFile()).toString();
        var names = new TreeSet<String>();
        for (JsonNode group : yaml.readTree(folder.resolve("rules.yaml").toFile()).get("groups")) {
            for (JsonNode rule : group.get("rules")) {
                var name = rule.get("alert").asText();
                assertThat(names.add(name)).as(name).isTrue();
                assertThat(tests).contains(name);
                assertThat(rule.at("/labels/severity").asText()).isIn("page", "ticket");
                assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
            }
        }
        assertThat(names).hasSizeGreaterThanOrEqualTo(ALERTS_MIN);
    }

    @Test
    void everyPanelOfTheDashboardAsksSomething() throws IOException {
        var dashboard =
                new ObjectMapper()
                        .readTree(Monitoring.folder().resolve("grafana-dashboard.json").toFile());

        assertThat(dashboard.get("uid").asText()).isEqualTo("gatehouse");
        assertThat(dashboard.get("panels")).hasSizeGreaterThan(10);
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(panel.get("targets")).as(panel.get("title").asText()).isNotEmpty();
        }
    }

    private static Programs.Result promtool(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        return Programs.run(Monitoring.folder(), command);
    }
}
