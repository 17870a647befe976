package dev.gatehouse.transport.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transport.NetworkNamespace;
import dev.gatehouse.transport.host.GatewayNetwork;
import dev.gatehouse.transport.host.LinkConfig;
import dev.gatehouse.transport.host.RouteMonitor;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class LinuxTunIT {
    private static final int MTU = 1280;
    private static final int UDP_OFFSET = 28;

    @Test
    void packetsOfTheHostAreReadInBatches() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true);
                            var network = configured(tun);
                            var socket = UdpSocket.open(unmarked())) {
                        for (int i = 0; i < 5; i++) {
                            socket.send(datagram("100.64.9.9:7", new byte[100 + i]));
                        }
                        var batch = LinuxTun.newBatch(16, MTU);

                        assertThat(readUdp(tun, batch)).isEqualTo(5);

                        assertThat(batch.length(4)).isEqualTo(UDP_OFFSET + 104);
                        assertThat(batch.offset(0))
                                .isGreaterThanOrEqualTo(PacketBatch.HEADROOM_LENGTH);
                        int end = batch.offset(4) + batch.length(4) + PacketBatch.TAILROOM_LENGTH;
                        assertThat(end).isLessThanOrEqualTo(batch.buffer().capacity());
                        assertThat(readUdp(tun, batch)).isZero();
                        assertThat(network.addresses()).hasSize(2);
                    }
                });
    }

    @Test
    void writtenPacketReachesASocketOfTheHost() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true);
                            var _ = configured(tun);
                            var socket = UdpSocket.open(unmarked())) {
                        socket.send(datagram("100.64.9.9:7", new byte[] {1, 2, 3}));
                        var batch = LinuxTun.newBatch(16, MTU);
                        readUdp(tun, batch);

                        turnRound(batch.buffer(), batch.offset(0));
                        assertThat(tun.write(batch, 0, 1)).isEqualTo(1);

                        var answers = UdpSocket.newBatch();
                        assertThat(socket.receive(answers)).isEqualTo(1);
                        assertThat(answers.remote()).isEqualTo(Endpoint.parse("100.64.9.9:7"));
                        assertThat(answers.local().address())
                                .isEqualTo(IpAddress.parse("100.64.0.1"));
                    }
                });
    }

    @Test
    void writeWhileTheLinkIsDownIsCountedAndIgnored() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true)) {
                        var batch = LinuxTun.newBatch(1, MTU);
                        batch.buffer().put(PacketBatch.HEADROOM_LENGTH, (byte) 0x45);
                        batch.add(PacketBatch.HEADROOM_LENGTH, 40, 0);

                        assertThat(tun.write(batch, 0, 1)).isZero();

                        assertThat(tun.counters().get(TunCounter.WRITE_LINK_DOWN)).isEqualTo(1);
                    }
                });
    }

    @Test
    void deviceGoesWithItsDescriptor() throws Exception {
        NetworkNamespace.run(
                () -> {
                    LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true).close();

                    assertThatThrownBy(() -> new LinkConfig("tun-a"))
                            .isInstanceOf(IOException.class);
                    LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true).close();
                });
    }

    @Test
    void nameOfAnotherKindOfInterfaceIsRefusedInOneLine() throws Exception {
        NetworkNamespace.run(
                () ->
                        assertThatThrownBy(() -> LinuxTun.open(TunOwner.CLIENT, "lo", MTU, true))
                                .isInstanceOf(TunException.class)
                                .hasMessageContaining("choose another name")
                                .hasMessageNotContaining("\n"));
    }

    @Test
    void deviceIsSharedWithNobody() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var _ = LinuxTun.open(TunOwner.GATEWAY, "tun-a", MTU, true)) {
                        assertThatThrownBy(() -> LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true))
                                .isInstanceOf(TunException.class)
                                .hasMessageContaining("tun-a")
                                .hasMessageContaining("has it; end that process")
                                .hasMessageNotContaining("\n")
                                .extracting(e -> ((TunException) e).takenBy().orElseThrow())
                                .isEqualTo(TunOwner.GATEWAY);
                        assertThat(LinuxTun.deviceOf(TunOwner.GATEWAY)).contains("tun-a");
                        assertThat(LinuxTun.deviceOf(TunOwner.CLIENT)).isEmpty();
                    }
                });
    }

    @Test
    void persistentDeviceThatSomebodyLeftIsNamedWithItsRemedy() throws Exception {
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("ip", "tuntap", "add", "tun-a", "mode", "tun");

                    assertThatThrownBy(() -> LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true))
                            .isInstanceOf(TunException.class)
                            .hasMessageContaining("left over: ip link delete tun-a");
                });
    }

    @Test
    void deletedDeviceIsToldInPlainWords() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true)) {
                        NetworkNamespace.exec("ip", "link", "delete", "tun-a");

                        assertThatThrownBy(() -> tun.read(LinuxTun.newBatch(1, MTU)))
                                .isInstanceOf(IOException.class)
                                .hasMessage("the device tun-a was deleted");
                    }
                });
    }

    @Test
    void addressesAreReplaced() throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true);
                            var link = configured(tun)) {
                        link.setAddresses(List.of(IpAddress.parse("100.64.0.2")));

                        assertThat(link.addresses()).containsExactly(IpAddress.parse("100.64.0.2"));
                    }
                });
    }

    /// A host that changes without end does not hold up who looks.
    @Test
    void aFloodOfChangesIsReadInParts() throws Exception {
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("ip", "link", "set", "lo", "up");
                    var batch = Files.createTempFile("routes", ".txt");
                    try (var monitor = new RouteMonitor()) {
                        var routes = new StringBuilder();
                        for (int i = 0; i < 1_000; i++) {
                            routes.append(
                                    "route add 192.0.2.%d/32 table %d dev lo%n"
                                            .formatted(i % 250, 100 + i / 250));
                        }
                        Files.writeString(batch, routes);
                        NetworkNamespace.exec("ip", "-batch", batch.toString());

                        int looks = 0;
                        while (monitor.hasChanged()) {
                            looks++;
                        }
                        assertThat(looks).isBetween(2, 20);
                    } finally {
                        Files.delete(batch);
                    }
                });
    }

    @Test
    void aChangeOfAddressesOrRoutesIsToldOnce() throws Exception {
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec(
                            "ip", "link", "add", "lan", "type", "veth", "peer", "name", "far");
                    try (var monitor = new RouteMonitor()) {
                        NetworkNamespace.exec("ip", "addr", "add", "192.168.7.2/24", "dev", "lan");
                        NetworkNamespace.exec("ip", "link", "set", "lan", "up");

                        assertThat(monitor.hasChanged()).isTrue();
                        assertThat(monitor.hasChanged()).isFalse();
                    }
                });
    }

    private static LinkConfig configured(LinuxTun tun) throws IOException {
        var link = new LinkConfig(tun.name());
        link.setAddresses(
                List.of(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1")));
        link.linkUp();
        try (var network = new GatewayNetwork()) {
            network.ensureRoutes(
                    tun.name(),
                    List.of(
                            IpNetwork.parse("100.64.0.0/11"),
                            IpNetwork.parse("fd00:2021:1111::/107")));
            network.ensureRules(List.of(tun.name()));
        }
        return link;
    }

    /// A marked socket would be kept out of the tunnel's table.
    private static UdpConfig unmarked() {
        return UdpConfig.server(Endpoint.ANY_V4);
    }

    private static Transmit datagram(String remote, byte[] content) {
        var transmit = new Transmit();
        transmit.path(Endpoint.ANY_V4, Endpoint.parse(remote));
        transmit.content(ByteBuffer.wrap(content), 0, content.length, content.length, 0);
        return transmit;
    }

    /// Reads until packets arrive that are no router solicitations of the kernel.
    private static int readUdp(LinuxTun tun, PacketBatch batch) throws IOException {
        tun.read(batch);
        int kept = 0;
        for (int i = 0; i < batch.count(); i++) {
            if (batch.buffer().get(batch.offset(i)) == 0x45) {
                batch.set(kept++, batch.offset(i), batch.length(i));
            }
        }
        batch.truncate(kept);
        return kept;
    }

    /// Exchanges addresses and ports, which leaves the checksums right.
    private static void turnRound(ByteBuffer packet, int at) {
        int source = packet.getInt(at + 12);
        packet.putInt(at + 12, packet.getInt(at + 16)).putInt(at + 16, source);
        short port = packet.getShort(at + 20);
        packet.putShort(at + 20, packet.getShort(at + 22)).putShort(at + 22, port);
    }
}
