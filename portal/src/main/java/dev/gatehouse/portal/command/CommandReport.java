package dev.gatehouse.portal.command;

import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.store.PortalStore;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;

/// How a command ends: its exit code, and one line on what went wrong and how to mend it.
public final class CommandReport {
    public static final int OK = 0;
    static final int FAILED = 1;
    static final int MISTAKE = 2;
    private static final String PREFIX = "gatehouse portal: ";
    private static final Logger LOG = LoggerFactory.getLogger(CommandReport.class);

    private CommandReport() {}

    /// A command's body.
    public interface Body {
        int run()
                throws IOException,
                        ConfigMistake,
                        UsageMistake,
                        SQLException,
                        PortalStore.StoreLocked;
    }

    /// Turns what can go wrong into an exit code and one line.
    public static int reporting(CommandSpec spec, Path file, Body body) {
        var err = spec.commandLine().getErr();
        try {
            return body.run();
        } catch (ConfigMistake e) {
            err.println(PREFIX + e.oneLine(file.toString()));
            return MISTAKE;
        } catch (UsageMistake e) {
            err.println(PREFIX + e.getMessage());
            return MISTAKE;
        } catch (PortalStore.StoreLocked e) {
            err.println(
                    PREFIX
                            + "--data-dir: %s; stop it, or use another directory"
                                    .formatted(e.getMessage()));
            return MISTAKE;
        } catch (FileSystemException e) {
            err.println(PREFIX + fileText(e));
            return MISTAKE;
        } catch (IOException | SQLException e) {
            LOG.debug("failed", e);
            err.println(PREFIX + e.getClass().getSimpleName() + ": " + e.getMessage());
            return FAILED;
        }
    }

    private static String fileText(FileSystemException e) {
        String reason =
                switch (e) {
                    case NoSuchFileException _ -> "there is no such file or folder";
                    case AccessDeniedException _ -> "permission denied";
                    default -> String.valueOf(e.getReason());
                };
        return "cannot use %s (%s): check --config, --data-dir and their modes"
                .formatted(e.getFile(), reason);
    }
}
