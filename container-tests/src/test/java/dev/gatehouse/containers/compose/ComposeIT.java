package dev.gatehouse.containers.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.LogsOfFailures;
import dev.gatehouse.containers.engine.Scratch;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/// What `deploy/compose.yaml` says, made and used as its first lines tell.
class ComposeIT {
    private static final String PAGE = "hello from the private network";

    private static Scratch scratch;
    private static ComposeProject project;

    @RegisterExtension private final TestWatcher watcher = new LogsOfFailures(() -> project.logs());

    @BeforeAll
    static void up() throws Exception {
        Engine.prepare();
        scratch = Scratch.create();
        project = new ComposeProject(ComposeFile.read(), scratch.tun());
        assertThat(project.run("setup")).isEmpty();
        project.up();
    }

    @AfterAll
    static void down() throws IOException {
        if (project != null) {
            project.close();
        }
        if (scratch != null) {
            scratch.close();
        }
    }

    /// At the first try, as a reader of the file expects.
    @Test
    void aUserOfTheClientSeesThePageOfThePrivateNetwork() {
        assertThat(project.run("user")).contains(PAGE);
    }

    @Test
    void everyContainerIsHealthy() {
        Eventually.holds("all are healthy", Eventually.LONG, project::isHealthy);
    }
}
