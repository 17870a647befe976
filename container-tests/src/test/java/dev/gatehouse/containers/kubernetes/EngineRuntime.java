package dev.gatehouse.containers.kubernetes;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.Lab;
import dev.gatehouse.containers.engine.Scratch;
import dev.gatehouse.testkit.kubelet.ContainerSpec;
import dev.gatehouse.testkit.kubelet.PodRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.containers.Network;

/// Runs pods in the engine, each in the network of a container that does nothing: with the users,
/// capabilities, seccomp profile, groups of processes and mounts that a kubelet would ask for.
///
/// NetworkPolicies an engine cannot enforce. The capability of a file under `no_new_privs` is kept
/// by the engine of `deploy/engine` alone, see [#keepsFileCapabilities].
final class EngineRuntime implements PodRuntime, AutoCloseable {
    private static final String ADDRESSES = "172.31.194.";
    private static final String NODE_ADDRESS = ADDRESSES + 2;
    private static final int FIRST_POD = 20;

    private final AtomicInteger pods = new AtomicInteger(FIRST_POD);
    private final Scratch scratch;
    private final Network network;
    private final Node node;
    private final String busybox;
    private final boolean keepsFileCapabilities;

    EngineRuntime() throws IOException, InterruptedException {
        Engine.prepare();
        keepsFileCapabilities = Engine.hasKubeletsRuntime();
        scratch = Scratch.create();
        busybox = Lab.busybox(scratch.folder());
        network = Engine.network(true, List.of(ADDRESSES + "0/24"));
        node = new Node(network, NODE_ADDRESS).start();
    }

    @Override
    public String nodeName() {
        return "node-1";
    }

    @Override
    public String nodeAddress() {
        return NODE_ADDRESS;
    }

    Node node() {
        return node;
    }

    /// Whether a program gets the capability of its file where a manifest says
    /// `allowPrivilegeEscalation: false`. Not under an engine that leaves the permitted set of a
    /// user other than root empty: there, containers that add a capability may gain privileges.
    boolean keepsFileCapabilities() {
        return keepsFileCapabilities;
    }

    @Override
    public EnginePod open(SandboxSpec pod) {
        try {
            var volumes = new EngineVolumes(pod, scratch);
            return new EnginePod(this, pod, volumes, ADDRESSES + pods.getAndIncrement());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The container that owns what a pod shares, and keeps its volumes mounted.
    Box pause(SandboxSpec pod, EngineVolumes volumes, String address) {
        var box =
                new Box(Lab.IMAGE)
                        .on(new Box.Attachment(network, pod.names(), address, null))
                        .with(
                                config ->
                                        config.withIpcMode("shareable")
                                                .withDns(NODE_ADDRESS)
                                                .withDnsSearch(search(pod))
                                                .withDnsOptions(List.of("ndots:5"))
                                                .withMounts(volumes.all()))
                        .withCreateContainerCmdModifier(
                                command -> command.withHostName(pod.pod()).withUser("65532:65532"))
                        .withCommand("sleep", "infinity");
        // As on a node: IPv4 is forwarded, IPv6 is there, and not forwarded unless the pod says so.
        box.sysctl("net.ipv4.ip_forward", "1").sysctl("net.ipv6.conf.all.disable_ipv6", "0");
        pod.sysctls().forEach(box::sysctl);
        return box;
    }

    private static List<String> search(SandboxSpec pod) {
        return List.of(
                pod.namespace() + ".svc.cluster.local", "svc.cluster.local", "cluster.local");
    }

    /// A container of a pod, as its manifest says.
    Box container(ContainerSpec spec, Box pause, EngineVolumes volumes) {
        var box = new Box(image(spec.container().getImage())).beside(pause).mayEnd();
        box.withEnv(spec.environment());
        box.withCreateContainerCmdModifier(command -> program(command, spec));
        return box.with(config -> restrict(config, spec))
                .with(
                        config ->
                                config.withIpcMode("container:" + pause.getContainerId())
                                        .withMounts(volumes.of(spec.container())));
    }

    private String image(String wanted) {
        return wanted.startsWith("busybox:") ? busybox : wanted;
    }

    private static void program(CreateContainerCmd command, ContainerSpec spec) {
        command.withUser(spec.user() + ":" + spec.group());
        if (!spec.container().getCommand().isEmpty()) {
            command.withEntrypoint(spec.container().getCommand());
        }
        if (!spec.container().getArgs().isEmpty()) {
            command.withCmd(spec.container().getArgs());
        }
    }

    private HostConfig restrict(HostConfig config, ContainerSpec spec) {
        if (!spec.seccompProfile().equals("RuntimeDefault")) {
            throw new IllegalArgumentException("not the engine's: " + spec.seccompProfile());
        }
        var options = new ArrayList<String>();
        if (!spec.mayGainPrivileges()
                && (keepsFileCapabilities || spec.addedCapabilities().isEmpty())) {
            options.add("no-new-privileges");
        }
        if (keepsFileCapabilities) {
            config.withRuntime(Engine.KUBELETS_RUNTIME);
        }
        spec.memoryMax().ifPresent(bytes -> config.withMemory(bytes).withMemorySwap(bytes));
        spec.cpuNanosMax().ifPresent(config::withNanoCPUs);
        return config.withCapDrop(capabilities(spec.droppedCapabilities()))
                .withCapAdd(capabilities(spec.addedCapabilities()))
                .withPrivileged(spec.isPrivileged())
                .withReadonlyRootfs(spec.hasReadOnlyRoot())
                .withSecurityOpts(options)
                .withGroupAdd(spec.supplementaryGroups().stream().map(String::valueOf).toList())
                .withCpuShares((int) spec.cpuShares());
    }

    private static Capability[] capabilities(List<String> names) {
        return names.stream().map(Capability::valueOf).toArray(Capability[]::new);
    }

    /// From now on, `/dev/net/tun` of a pod that starts is 0600, or open to all.
    void closeTun(boolean closed) throws IOException {
        scratch.closeTun(closed);
    }

    @Override
    public void close() throws IOException {
        node.close();
        network.close();
        scratch.close();
    }
}
