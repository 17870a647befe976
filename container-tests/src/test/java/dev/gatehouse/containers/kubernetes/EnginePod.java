package dev.gatehouse.containers.kubernetes;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Frame;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.testkit.kubelet.ContainerSpec;
import dev.gatehouse.testkit.kubelet.PodRuntime.ContainerProcess;
import dev.gatehouse.testkit.kubelet.PodRuntime.Sandbox;
import dev.gatehouse.testkit.kubelet.PodRuntime.SandboxSpec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.ContainerLaunchException;

/// The sandbox of a pod in the engine.
final class EnginePod implements Sandbox {
    private final EngineRuntime runtime;
    private final EngineVolumes volumes;
    private final String address;
    private final Box pause;

    EnginePod(EngineRuntime runtime, SandboxSpec spec, EngineVolumes volumes, String address) {
        this.runtime = runtime;
        this.volumes = volumes;
        this.address = address;
        pause = runtime.pause(spec, volumes, address);
        pause.start();
    }

    EngineVolumes volumes() {
        return volumes;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public int status(int port, String path, Duration timeout) {
        return runtime.node().status(url(port, path), timeout);
    }

    /// The body of a page of the pod, as the node gets it.
    String page(int port, String path) {
        return runtime.node().page(url(port, path), Duration.ofSeconds(5));
    }

    private String url(int port, String path) {
        return "http://%s:%d%s".formatted(address, port, path);
    }

    @Override
    public EngineProcess start(ContainerSpec spec) {
        var box = runtime.container(spec, pause, volumes);
        try {
            box.start();
            return new EngineProcess(box, box.end());
        } catch (ContainerLaunchException e) {
            box.stop();
            throw e;
        }
    }

    @Override
    public void remove() {
        pause.stop();
        volumes.remove();
    }

    /// One life of a container.
    final class EngineProcess implements ContainerProcess {
        private final Box box;
        private final CompletableFuture<Integer> end;
        private volatile String lastLog;

        private EngineProcess(Box box, CompletableFuture<Integer> end) {
            this.box = box;
            this.end = end;
        }

        @Override
        public CompletableFuture<Integer> end() {
            return end;
        }

        @Override
        public void signal(String signal) {
            box.signal(signal);
        }

        @Override
        public String log() {
            return lastLog == null ? box.getLogs() : lastLog;
        }

        @Override
        public void remove() {
            lastLog = log();
            box.stop();
        }

        @Override
        public boolean succeeds(List<String> command, Duration timeout) {
            var docker = Engine.client();
            try {
                var id =
                        docker.execCreateCmd(box.getContainerId())
                                .withCmd(command.toArray(String[]::new))
                                .withAttachStdout(true)
                                .exec()
                                .getId();
                boolean ended =
                        docker.execStartCmd(id)
                                .exec(new ResultCallback.Adapter<Frame>())
                                .awaitCompletion(timeout.toMillis(), TimeUnit.MILLISECONDS);
                var state = docker.inspectExecCmd(id).exec();
                if (!ended) {
                    var pid = Long.toString(state.getPidLong());
                    runtime.node().run(List.of("busybox", "kill", "-KILL", pid));
                }
                return ended && Long.valueOf(0).equals(state.getExitCodeLong());
            } catch (DockerException _) { // it does not run
                return false;
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        /// What `kubectl exec` does: runs a program in the container, as its user, to its end.
        ExecResult exec(String... command) {
            return box.run(command);
        }

        /// Somebody in the container who wants a page again and again.
        Attempts attempts(String url) {
            return new Attempts(box, url);
        }

        /// Where the node finds what the kernel tells of it, or a file as it sees it.
        String proc(String path) {
            return "/proc/%d/%s".formatted(box.pid(), path);
        }

        /// A field of `/proc/PID/status`, e.g. `CapEff`.
        String status(String field) {
            return runtime.node()
                    .file(proc("status"))
                    .lines()
                    .filter(line -> line.startsWith(field + ":"))
                    .map(line -> line.substring(field.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        /// A variable of its environment; empty if it is not set.
        String variable(String name) {
            for (String one : runtime.node().file(proc("environ")).split("\0")) {
                if (one.startsWith(name + "=")) {
                    return one.substring(name.length() + 1);
                }
            }
            return "";
        }

        /// A file of its memory controller, for either version of control groups.
        String memory(String ofVersion2, String ofVersion1) {
            var groups = "root/sys/fs/cgroup/";
            var text = runtime.node().file(proc(groups + ofVersion2));
            return text.startsWith("0 java.nio.file.NoSuchFile")
                    ? runtime.node().file(proc(groups + "memory/" + ofVersion1)).strip()
                    : text.strip();
        }
    }
}
