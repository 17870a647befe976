package dev.gatehouse.containers.engine;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.WaitResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.output.ToStringConsumer;
import org.testcontainers.containers.startupcheck.IsRunningStartupCheckStrategy;
import org.testcontainers.utility.DockerImageName;

/// A container with a read-only root, no capability but those that a test gives it, and no health
/// check: a dozen of them, each a JVM every 15 s, would be the machine's main work.
public final class Box extends GenericContainer<Box> {
    /// A place in a network.
    ///
    /// @param ipv4 its address; null for whatever comes
    /// @param ipv6 as `ipv4`
    public record Attachment(Network network, List<String> aliases, String ipv4, String ipv6) {
        private void on(CreateContainerCmd command) {
            if (ipv4 != null) {
                command.withIpv4Address(ipv4);
            }
            if (ipv6 != null) {
                command.withIpv6Address(ipv6);
            }
        }

        private ContainerNetwork settings() {
            return new ContainerNetwork()
                    .withAliases(aliases)
                    .withIpamConfig(
                            new ContainerNetwork.Ipam()
                                    .withIpv4Address(ipv4)
                                    .withIpv6Address(ipv6));
        }
    }

    /// The engine answers when the program runs: looking once is enough, and the library's way of
    /// looking lets one container a second through.
    private static class HasStarted extends IsRunningStartupCheckStrategy {
        @Override
        public boolean waitUntilStartupSuccessful(GenericContainer<?> container) {
            var docker = container.getDockerClient();
            return checkStartupState(docker, container.getContainerId())
                    == StartupStatus.SUCCESSFUL;
        }
    }

    private final List<Attachment> attachments = new ArrayList<>();
    private final List<Bind> binds = new ArrayList<>();
    private final Map<String, String> sysctls = new TreeMap<>();
    private final List<Capability> capabilities = new ArrayList<>();
    private final List<Device> devices = new ArrayList<>();
    private String networkMode;
    private String pidMode;
    private boolean checked;

    public Box(String image) {
        super(DockerImageName.parse(image));
        withImagePullPolicy(_ -> false);
        withStartupCheckStrategy(new HasStarted());
        withLabel(Engine.LABEL, "1");
        withCreateContainerCmdModifier(
                command -> {
                    command.withHostConfig(restrict(command.getHostConfig()));
                    if (!checked) {
                        command.withHealthcheck(new HealthCheck().withTest(List.of("NONE")));
                    }
                    attachments.stream().limit(1).forEach(first -> first.on(command));
                });
    }

    private HostConfig restrict(HostConfig config) {
        config.withReadonlyRootfs(true)
                .withCapDrop(Capability.ALL)
                .withCapAdd(capabilities.toArray(Capability[]::new))
                .withDevices(devices.toArray(Device[]::new))
                .withBinds(binds)
                .withSysctls(sysctls);
        if (pidMode != null) {
            config.withPidMode(pidMode);
        }
        return networkMode == null ? config : config.withNetworkMode(networkMode);
    }

    /// The first one given is that of the container's start.
    public Box on(Attachment attachment) {
        if (attachments.isEmpty()) {
            withNetwork(attachment.network());
            withNetworkAliases(attachment.aliases().toArray(String[]::new));
        }
        attachments.add(attachment);
        return this;
    }

    public Box on(Network network, String alias, String address) {
        return on(new Attachment(network, List.of(alias), address, null));
    }

    /// With the health check of its image.
    public Box withHealthcheck() {
        checked = true;
        return this;
    }

    /// With a health check of its own, as often as that of its image.
    ///
    /// @param test `CMD` and the command
    public Box withHealthcheck(List<String> test) {
        withCreateContainerCmdModifier(
                command -> command.withHealthcheck(new HealthCheck().withTest(test)));
        return withHealthcheck();
    }

    /// Changes what the engine gives it, after all else.
    public Box with(UnaryOperator<HostConfig> change) {
        withCreateContainerCmdModifier(
                command -> command.withHostConfig(change.apply(command.getHostConfig())));
        return this;
    }

    /// In the network of a container that runs.
    public Box beside(Box other) {
        networkMode = "container:" + other.getContainerId();
        return this;
    }

    /// It is no failure that it ends at once.
    public Box mayEnd() {
        withStartupCheckStrategy(
                new HasStarted() {
                    @Override
                    public StartupStatus checkStartupState(DockerClient docker, String id) {
                        return StartupStatus.SUCCESSFUL;
                    }
                });
        return this;
    }

    /// Sees the processes of a container that runs, and may signal those of our images' user.
    public Box amongProcessesOf(Box other) {
        pidMode = "container:" + other.getContainerId();
        withCreateContainerCmdModifier(command -> command.withUser("65532"));
        return this;
    }

    public Box bind(String source, String target, boolean writable) {
        binds.add(Bind.parse(source + ":" + target + (writable ? "" : ":ro")));
        return this;
    }

    public Box sysctl(String name, String value) {
        sysctls.put(name, value);
        return this;
    }

    public Box netAdmin() {
        capabilities.add(Capability.NET_ADMIN);
        return this;
    }

    public Box tun(String node) {
        devices.add(new Device("rwm", "/dev/net/tun", node));
        return this;
    }

    @Override
    protected void containerIsCreated(String id) {
        for (var more : attachments.subList(Math.min(1, attachments.size()), attachments.size())) {
            dockerClient
                    .connectToNetworkCmd()
                    .withContainerId(id)
                    .withNetworkId(more.network().getId())
                    .withContainerNetwork(more.settings())
                    .exec();
        }
    }

    /// Runs a program in the container.
    public ExecResult run(String... command) {
        try {
            return execInContainer(StandardCharsets.UTF_8, command);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// SIGKILL, as when memory runs out.
    public void kill() {
        dockerClient.killContainerCmd(getContainerId()).exec();
    }

    /// SIGTERM, and SIGKILL 20 s later.
    public void shutDown() {
        try {
            dockerClient.stopContainerCmd(getContainerId()).withTimeout(20).exec();
        } catch (NotModifiedException e) {
            logger().debug("it has ended already", e);
        }
    }

    /// Starts the same container again.
    public void startAgain() {
        dockerClient.startContainerCmd(getContainerId()).exec();
    }

    public void pause() {
        dockerClient.pauseContainerCmd(getContainerId()).exec();
    }

    public void unpause() {
        dockerClient.unpauseContainerCmd(getContainerId()).exec();
    }

    /// @param name of a signal, without SIG; nothing happens where it has ended
    public void signal(String name) {
        try {
            dockerClient.killContainerCmd(getContainerId()).withSignal(name).exec();
        } catch (ConflictException | NotFoundException e) {
            logger().debug("it has ended already", e);
        }
    }

    /// Its exit code, when it has ended.
    public CompletableFuture<Integer> end() {
        var end = new CompletableFuture<Integer>();
        dockerClient
                .waitContainerCmd(getContainerId())
                .exec(
                        new ResultCallback.Adapter<WaitResponse>() {
                            @Override
                            public void onNext(WaitResponse response) {
                                end.complete(response.getStatusCode());
                            }

                            @Override
                            public void onError(Throwable failure) {
                                end.completeExceptionally(failure);
                            }
                        });
        return end;
    }

    /// Its first process, as the engine counts.
    public long pid() {
        return dockerClient.inspectContainerCmd(getContainerId()).exec().getState().getPidLong();
    }

    /// The exit code once it has ended.
    public long exitCode() {
        return dockerClient
                .inspectContainerCmd(getContainerId())
                .exec()
                .getState()
                .getExitCodeLong();
    }

    public Instant startedAt() {
        var state = dockerClient.inspectContainerCmd(getContainerId()).exec().getState();
        return Instant.parse(state.getStartedAt());
    }

    /// When the engine got the first line with `text` in it.
    public Instant said(String text) {
        var stamped = new ToStringConsumer();
        try {
            dockerClient
                    .logContainerCmd(getContainerId())
                    .withStdErr(true)
                    .withStdOut(true)
                    .withTimestamps(true)
                    .exec(
                            new ResultCallback.Adapter<Frame>() {
                                @Override
                                public void onNext(Frame frame) {
                                    stamped.accept(OutputFrame.forFrame(frame));
                                }
                            })
                    .awaitCompletion();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return stamped.toUtf8String()
                .lines()
                .filter(line -> line.contains(text))
                .map(line -> Instant.parse(line.substring(0, line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    public boolean hasEnded() {
        return !dockerClient.inspectContainerCmd(getContainerId()).exec().getState().getRunning();
    }
}
