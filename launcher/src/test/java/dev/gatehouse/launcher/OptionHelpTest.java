package dev.gatehouse.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OptionHelpTest {
    private static String help(String... words) {
        var line = Gatehouse.commandLine(words);
        for (var word : words) {
            line = line.getSubcommands().get(word);
        }
        return line.getUsageMessage().replaceAll("\\s+", " ");
    }

    @Test
    void namesVariableAndDefaultOfEachOption() {
        assertThat(help("relay"))
                .contains("First port of allocations. [LOWEST_PORT, 49152]")
                .contains("How the portal shows this relay. [FIREZONE_NAME]");
        assertThat(help("controlplane"))
                .contains("another control plane follows. [GATEHOUSE_LEAVE_DATAPLANE]");
        assertThat(help("portal", "backup"))
                .contains("API. [GATEHOUSE_PORTAL_API_LISTEN, 127.0.0.1:8084]");
    }

    @Test
    void saysNothingOfOptionsWithoutVariable() {
        assertThat(help("client")).contains("Leave with 0 after the interface was configured. --");
    }
}
