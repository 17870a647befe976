package dev.gatehouse.containers.engine;

import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Network.Ipam;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/// The Docker engine that the tests use: the one of `DOCKER_HOST`, else that of the machine.
///
/// `deploy/engine` runs a command beside an engine of its own. Images are built, never pulled.
public final class Engine {
    /// On everything that the tests make; what has it when they begin is left from a killed run.
    public static final String LABEL = "dev.gatehouse.test";

    public static final String KUBELETS_RUNTIME = "runc-cri";

    private static final Path DEFAULT_SOCKET = Path.of("/var/run/docker.sock");
    private static final String UNIX = "unix://";
    private static boolean prepared;

    private Engine() {}

    /// Makes sure of an engine and of current images; without an engine the test is skipped, or
    /// fails when `GATEHOUSE_REQUIRE` names `docker`.
    public static synchronized void prepare() throws IOException, InterruptedException {
        if (prepared) {
            return;
        }
        if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            Programs.missing("not root: no base for images and no device nodes");
        }
        try {
            System.setProperty("api.version", apiVersion());
        } catch (IOException e) {
            Programs.missing("no Docker engine on " + socket() + ": " + e.getMessage());
        }
        removeLeftovers();
        buildImages();
        prepared = true;
    }

    public static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    /// The version that the engine speaks: a client that speaks a newer one is refused.
    private static String apiVersion() throws IOException {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket()));
            channel.write(
                    ByteBuffer.wrap(
                            "GET /version HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            var answer =
                    new String(
                            Channels.newInputStream(channel).readAllBytes(),
                            StandardCharsets.UTF_8);
            var body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
            return new ObjectMapper().readTree(body).required("ApiVersion").asText();
        }
    }

    private static Path socket() {
        var host = System.getenv().getOrDefault("DOCKER_HOST", UNIX + DEFAULT_SOCKET);
        return host.startsWith(UNIX) ? Path.of(host.substring(UNIX.length())) : DEFAULT_SOCKET;
    }

    /// Removes all that carries our label.
    static void removeLeftovers() {
        var docker = client();
        for (var container :
                docker.listContainersCmd()
                        .withShowAll(true)
                        .withLabelFilter(List.of(LABEL))
                        .exec()) {
            docker.removeContainerCmd(container.getId())
                    .withForce(true)
                    .withRemoveVolumes(true)
                    .exec();
        }
        for (var network : docker.listNetworksCmd().withFilter("label", List.of(LABEL)).exec()) {
            docker.removeNetworkCmd(network.getId()).exec();
        }
        var volumes = docker.listVolumesCmd().withFilter("label", List.of(LABEL)).exec();
        for (var volume : volumes.getVolumes()) {
            docker.removeVolumeCmd(volume.getName()).exec();
        }
    }

    /// @param subnets of IPv4, and perhaps of IPv6; the engine wants the latter explicit
    public static Network network(boolean internal, List<String> subnets) {
        var ipam =
                new Ipam()
                        .withConfig(
                                subnets.stream()
                                        .map(subnet -> new Ipam.Config().withSubnet(subnet))
                                        .toList());
        boolean ipv6 = subnets.stream().anyMatch(subnet -> subnet.contains(":"));
        var network =
                Network.builder()
                        .createNetworkCmdModifier(
                                command ->
                                        command.withInternal(internal)
                                                .withEnableIpv6(ipv6)
                                                .withIpam(ipam)
                                                .withLabels(Map.of(LABEL, "1")))
                        .build();
        network.getId(); // makes it
        return network;
    }

    /// Makes an empty volume, and returns what removes it.
    public static Runnable volume(String name) {
        client().createVolumeCmd().withName(name).withLabels(Map.of(LABEL, "1")).exec();
        return () -> client().removeVolumeCmd(name).exec();
    }

    /// Makes a volume in memory that is empty until somebody mounts it, and again once nobody does.
    ///
    /// @param bytesMax 0 for half of the machine's memory
    /// @param mode of its folder, which belongs to root and to `group`
    public static Runnable memoryVolume(String name, long bytesMax, int mode, long group) {
        var options = "size=%d,mode=%o,gid=%d".formatted(bytesMax, mode, group);
        client().createVolumeCmd()
                .withName(name)
                .withLabels(Map.of(LABEL, "1"))
                .withDriverOpts(Map.of("type", "tmpfs", "device", "tmpfs", "o", options))
                .exec();
        return () -> client().removeVolumeCmd(name).exec();
    }

    /// Where the engine finds a volume.
    public static String mountPoint(String volume) {
        return client().inspectVolumeCmd(volume).exec().getMountpoint();
    }

    /// Whether it runs containers as a kubelet's runtime does, see `deploy/runc-cri`.
    public static boolean hasKubeletsRuntime() {
        return client().infoCmd().exec().getRuntimes().containsKey(KUBELETS_RUNTIME);
    }

    /// The build's own cache makes this short when nothing has changed.
    private static void buildImages() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(root().resolve("deploy/images").toString());
        builder.environment()
                .putAll(Map.of("BASE", "local", "JAVA_HOME", System.getProperty("java.home")));
        builder.environment().remove("REGISTRY");
        builder.environment().remove("TAG");
        var process = builder.redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            fail("deploy/images: " + said);
        }
    }

    /// The folder of the sources.
    public static Path root() {
        return Path.of(System.getProperty("gatehouse.root"));
    }

    /// The name of one of our images.
    public static String image(String target) {
        return "gatehouse/" + target + ":" + version();
    }

    private static String version() {
        return "0.1.0";
    }
}
