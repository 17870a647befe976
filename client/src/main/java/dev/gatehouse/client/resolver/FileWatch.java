package dev.gatehouse.client.resolver;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells when something happens to a file, by the kernel's watch on its folder. Only a hint: a file
/// that is mounted from elsewhere is changed without a word.
final class FileWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

    private final Path name;
    private final Runnable onChange;
    private final Optional<WatchService> service;

    /// @param onChange called on a thread of the watch
    FileWatch(Path file, Runnable onChange) {
        name = file.getFileName();
        this.onChange = onChange;
        service = open(file.toAbsolutePath().getParent());
        service.ifPresent(s -> Thread.ofVirtual().name("file-watch").start(() -> watch(s)));
    }

    private static Optional<WatchService> open(Path folder) {
        try {
            var service = folder.getFileSystem().newWatchService();
            folder.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            return Optional.of(service);
        } catch (IOException e) {
            LOG.debug("{} is not watched: {}", folder, e.toString());
            return Optional.empty();
        }
    }

    private void watch(WatchService from) {
        try {
            WatchKey key;
            do {
                key = from.take();
                if (key.pollEvents().stream().anyMatch(event -> name.equals(event.context()))) {
                    onChange.run();
                }
            } while (key.reset());
        } catch (ClosedWatchServiceException _) {
            LOG.debug("the watch on {} ends", name);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            if (service.isPresent()) {
                service.get().close();
            }
        } catch (IOException e) {
            LOG.debug("cannot end the watch on {}: {}", name, e.toString());
        }
    }
}
