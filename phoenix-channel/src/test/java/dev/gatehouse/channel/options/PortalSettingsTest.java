package dev.gatehouse.channel.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.channel.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortalSettingsTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wss://host",
                "ws://[::1]:80/",
                "https://host/base",
                " WS://h ",
                "ws://my_portal:8083",
                "ws://_p/base"
            })
    void portalsAreTaken(String text) throws Exception {
        assertThat(PortalSettings.api("URL", text)).isEqualTo(URI.create(text.strip()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "ftp://host",
                "ws://",
                "ws://[bad",
                "wss://a b",
                "ws:x",
                "ws://a_b:x",
                "ws://a_b:99999",
                "ws://host:99999",
                "ws://host:0"
            })
    void anythingElseIsAMistake(String text) {
        assertThatThrownBy(() -> PortalSettings.api("URL", text))
                .isInstanceOf(ConfigurationMistake.class)
                .hasMessage(
                        "URL \"" + text + "\" is no portal: write wss://host or ws://host:port");
    }

    @Test
    void overTlsAHostWithAnUnderscoreIsAMistake() {
        assertThatThrownBy(() -> PortalSettings.api("URL", "wss://my_portal:8083"))
                .isInstanceOf(ConfigurationMistake.class)
                .hasMessage(
                        "URL \"wss://my_portal:8083\": no certificate can be for such a host:"
                                + " rename it, or write ws://");
    }

    @Test
    void aTokenIsTextOrAFile() throws Exception {
        var file = Files.writeString(folder.resolve("token"), " .id.secret\n");

        assertThat(PortalSettings.token("TOKEN", " ")).isEmpty();
        assertThat(PortalSettings.token("TOKEN", "a.b-c_d=")).contains(new Secret("a.b-c_d="));
        assertThat(PortalSettings.token("TOKEN", file.toString()))
                .contains(new Secret(".id.secret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sec ret", "sec\nret", "sec\u0000ret", "sécret"})
    void aTokenThatNoHeaderCanCarryIsRefusedUnseen(String text) throws Exception {
        var file = Files.writeString(folder.resolve("token"), text);

        assertThatThrownBy(() -> PortalSettings.token("TOKEN", text))
                .hasMessage("TOKEN holds spaces or unprintable characters: copy it again");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", file.toString()))
                .hasMessageContaining("holds spaces")
                .hasMessageNotContaining("ret");
    }

    @Test
    void aTokenFileMustBeThereAndHoldOne() throws Exception {
        var file = Files.writeString(folder.resolve("empty"), "\n");
        var folderName = folder.resolve("none").toString();

        assertThatThrownBy(() -> PortalSettings.token("TOKEN", folderName))
                .hasMessage("TOKEN names the file " + folderName + ", which is missing");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", file.toString()))
                .hasMessageContaining("is empty: put the token there");
        Files.writeString(file, "x".repeat(8193));
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", file.toString()))
                .hasMessageContaining("too long");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "|\"sec.ret\"|,is in quotes",
                "'sec.ret',is in quotes",
                "`sec ret`,is in quotes",
                "'sec.ret,is in quotes",
                "|sec.ret\"|,is in quotes",
                "$TOKEN,is the name of a variable",
                "${TOKEN},is the name of a variable",
                "$(TOKEN),is the name of a variable",
                "FIREZONE_TOKEN=sec.ret,name of a variable as well",
                "export FIREZONE_TOKEN=sec.ret,name of a variable as well",
                "token: sec.ret,spaces"
            })
    void aTokenThatCameWithMoreIsNamedWhereverItIs(String text, String words) throws Exception {
        var file = Files.writeString(folder.resolve("token"), text + "\r\n");

        assertThatThrownBy(() -> PortalSettings.token("TOKEN", text))
                .isInstanceOf(ConfigurationMistake.class)
                .hasMessageStartingWith("TOKEN")
                .hasMessageContaining(words)
                .hasMessageNotContaining("ret");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", file.toString()))
                .hasMessageContainingAll("token in " + file, words)
                .hasMessageNotContaining("ret");
    }

    @Test
    void aTokenThatBelongsToNoPlainFileIsToldWhere() throws Exception {
        var utf8 = folder.resolve("utf8");
        Files.write(utf8, "\ufeffsec.ret\r\n".getBytes(StandardCharsets.UTF_8));
        var utf16 = folder.resolve("utf16");
        Files.write(utf16, "sec.ret".getBytes(StandardCharsets.UTF_16));
        var windows = Files.writeString(folder.resolve("windows"), "sec.ret\r\n");

        assertThatThrownBy(() -> PortalSettings.token("TOKEN", utf8.toString()))
                .hasMessageContainingAll("byte order mark (UTF-8)", utf8.toString());
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", utf16.toString()))
                .hasMessageContaining("byte order mark (UTF-16)");
        assertThat(PortalSettings.token("TOKEN", windows.toString()))
                .contains(new Secret("sec.ret"));
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", folder.toString()))
                .hasMessage("TOKEN names " + folder + ", which is a folder: name the file in it");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", "~/token"))
                .hasMessageContaining("only a shell replaces");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", "./none"))
                .hasMessageContaining("./none, which is missing");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", "tokens/rely"))
                .hasMessageContaining("tokens/rely, which is missing");
        assertThatThrownBy(() -> PortalSettings.token("TOKEN", "/dev/null"))
                .hasMessageContaining("no regular file");
    }

    @Test
    void certificatesMustBeThereAndBeSome() throws Exception {
        var file = Files.writeString(folder.resolve("ca.pem"), "nothing");

        assertThat(PortalSettings.caFile("CA", "")).isEmpty();
        assertThatThrownBy(() -> PortalSettings.caFile("CA", file.toString()))
                .hasMessage("CA: " + file + " holds no PEM certificate");
        assertThatThrownBy(() -> PortalSettings.caFile("CA", folder.toString()))
                .hasMessageContaining("which is a folder");
        assertThatThrownBy(() -> PortalSettings.caFile("CA", "/no/file"))
                .hasMessage("CA names the file /no/file, which is missing");
    }

    @Test
    void durationsAreReadAsPeopleWriteThem() throws Exception {
        assertThat(PortalSettings.duration("T", "5m")).isEqualTo(Duration.ofMinutes(5));
        assertThat(PortalSettings.duration("T", "1h 30m")).isEqualTo(Duration.ofMinutes(90));
        assertThat(PortalSettings.duration("T", "30D")).isEqualTo(Duration.ofDays(30));
        assertThat(PortalSettings.duration("T", " 90 ")).isEqualTo(Duration.ofSeconds(90));
        assertThat(PortalSettings.duration("T", "0")).isZero();
        assertThat(PortalSettings.duration("T", "5min")).isEqualTo(Duration.ofMinutes(5));
        assertThat(PortalSettings.duration("T", "2 hours 1 minute"))
                .isEqualTo(Duration.ofMinutes(121));
        assertThat(PortalSettings.duration("T", "1week")).isEqualTo(Duration.ofDays(7));
        assertThat(PortalSettings.duration("T", "1500ms")).isEqualTo(Duration.ofMillis(1500));
        var mistakes =
                List.of(
                        "soon",
                        "",
                        "5x",
                        "9999999999s",
                        "-5m",
                        "5M",
                        "1.5h",
                        "5m!",
                        "s",
                        "99999999w");
        for (var wrong : mistakes) {
            assertThatThrownBy(() -> PortalSettings.duration("T", wrong))
                    .isInstanceOf(ConfigurationMistake.class)
                    .hasMessage("T \"%s\" is no duration: write 90s, 30m or 24h", wrong);
        }
    }
}
