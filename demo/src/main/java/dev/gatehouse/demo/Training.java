package dev.gatehouse.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Records what the processes load and compile during a short life, so that `run` can make caches
/// from it that halve the time of a start: a portal, a relay, a gateway whose data plane is killed
/// once, and a client, in an enclosure.
final class Training {
    private static final String URL = "http://" + Lab.WEB_V4 + "/";
    private static final String NAMED = "http://" + Services.WEB_NAME + "/";
    private static final long DOWNLOAD_BYTES = 50_000_000;
    private static final Duration UP_LIMIT = Duration.ofSeconds(240);
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(90);

    private Training() {}

    /// @param arguments the folder for the recordings; inside the enclosure a second one, `inside`
    public static void main(String[] arguments) {
        var folder = Path.of(arguments[0]).toAbsolutePath();
        if (arguments.length == 1) {
            var mark = "training-" + ProcessHandle.current().pid();
            System.exit(Enclosure.run(Training.class, List.of(folder.toString(), "inside"), mark));
        }
        var lab = Lab.create(Enclosure.folder());
        try (var services = new Services(lab, System.out::println, Optional.of(folder))) {
            live(services, new Fetch(lab.client()));
        }
        System.exit(0);
    }

    private static void live(Services services, Fetch fetch) {
        services.startAll();
        Wait.until("all processes joined the portal", UP_LIMIT, services::isEverythingJoined);
        reach(fetch);
        var used = services.gatewayInUse();
        if (!services.isFirst(used)) {
            used.signal("TERM"); // the first one is recorded: let it do the work
            reach(fetch);
        }
        Report.require(fetch.get(NAMED, 10).isOk(), "no answer of " + NAMED);
        services.disconnect();
        reach(fetch);
        fetch.download(URL + "bytes/" + DOWNLOAD_BYTES).join();
        var first = services.gatewayInUse();
        long pid = first.pid("dataplane");
        Program.signal(pid, "KILL");
        Wait.until(
                "the data plane is back",
                MOVE_LIMIT,
                () -> first.pid("dataplane") != 0 && first.pid("dataplane") != pid);
        reach(fetch);
        fetch.download(URL + "bytes/" + DOWNLOAD_BYTES).join();
    }

    private static void reach(Fetch fetch) {
        Wait.until("an answer of " + URL, MOVE_LIMIT, () -> fetch.get(URL, 3).isOk());
    }
}
