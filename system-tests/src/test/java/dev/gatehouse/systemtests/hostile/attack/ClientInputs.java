package dev.gatehouse.systemtests.hostile.attack;

import dev.gatehouse.systemtests.hostile.attack.Input.Effort;
import dev.gatehouse.systemtests.hostile.site.DnsWriter;
import dev.gatehouse.systemtests.hostile.site.Place;
import dev.gatehouse.testkit.Fragments;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/// What a client with a token can do to the portal, the gateway and those behind them.
final class ClientInputs {
    private static final int CANDIDATES = 64;
    private static final int BURST = 50; // frames in one write
    private static final int STREAMS = 4;
    private static final int HELD_MAX = 64;
    private static final int JSON_DEPTH = 100_000;
    private static final int PAYLOAD_MAX = 1_200;
    private static final Endpoint RESOURCE =
            new Endpoint(IpAddress.parse(Place.RESOURCE), Place.ECHO);

    private final HostileClient client;
    private int number; // of names, so that none comes twice

    private ClientInputs(HostileClient client) {
        this.client = client;
    }

    static List<Input> all(HostileClient client) {
        var all = new ClientInputs(client);
        return List.of(
                new Input("goodbyes", all::goodbyes),
                new Input("known-candidates", all::knownCandidates),
                new Input("new-candidates", all::newCandidates),
                new Input("repeated-gateway", all::repeatedGateway),
                new Input("port-sweep", all::portSweep),
                new Input("names-without-addresses", all::namesWithoutAddresses),
                new Input("names-with-addresses", all::namesWithAddresses),
                new Input("unread-dns", all::unreadDns),
                new Input("external-ids", all::externalIds),
                new Input("unknown-flows", all::unknownFlows),
                new Input("known-flows", all::knownFlows),
                new Input("joins", all::joins),
                new Input("pending-names", all::pendingNames),
                new Input("gateway-ports", all::gatewayPorts),
                new Input("bad-sources", all::badSources),
                new Input("fragments", all::fragments),
                new Input("bad-control", all::badControl),
                new Input("icmp-errors", all::icmpErrors),
                new Input("bad-json", all::badJson));
    }

    static String candidate(int number, String type) {
        return "candidate:%d 1 udp %d 10.%d.%d.%d %d typ %s%s"
                .formatted(
                        number,
                        100_000 + number,
                        200 + number / 65_536 % 50,
                        number / 256 % 256,
                        number % 256,
                        40_000 + number % 1_000,
                        type,
                        type.equals("host") ? "" : " raddr 0.0.0.0 rport 0");
    }

    private static List<String> candidates(int from, int count, String type) {
        return IntStream.range(from, from + count).mapToObj(n -> candidate(n, type)).toList();
    }

    private void tell(List<String> candidates) throws IOException {
        var to = List.of(client.gatewayId());
        client.channel().say("broadcast_ice_candidates", HostileClient.candidates(to, candidates));
    }

    /// Many addresses of both kinds, then one of them again and again.
    private void knownCandidates(Effort effort) throws IOException {
        client.connect();
        tell(candidates(0, CANDIDATES, "host"));
        tell(candidates(0, CANDIDATES, "srflx"));
        var known = Collections.nCopies(500, candidate(0, "host"));
        for (int i = 0; effort.goesOn(i, 2); i++) {
            tell(known);
        }
    }

    private void newCandidates(Effort effort) throws IOException {
        client.connect();
        int from = effort.random().nextInt(1_000_000);
        for (int i = 0; effort.goesOn(i, 200); i++) {
            tell(candidates(from + i * 100, 100, i % 2 == 0 ? "host" : "srflx"));
        }
    }

    /// 0.94 MB for one gateway, which is named 1,000 times.
    private void repeatedGateway(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 2); i++) {
            var gateways = Collections.nCopies(1_000, client.gatewayId());
            client.channel()
                    .say(
                            "broadcast_ice_candidates",
                            HostileClient.candidates(gateways, candidates(0, 12_000, "host")));
        }
    }

    private List<IpAddress> proxies(int first) {
        return IntStream.range(first, first + 4)
                .mapToObj(n -> IpAddress.v4(100 << 24 | 96 << 16 | n & 0xFFFF))
                .toList();
    }

    private void assign(String name, List<IpAddress> proxies) throws IOException {
        client.control(new P2pEvent.AssignedIps(client.resource("Names"), name, proxies));
    }

    /// All ports to one address of a name, then to another one of the same host.
    private void portSweep(Effort effort) throws IOException {
        client.connect();
        assign(Place.name(0), proxies(1));
        var targets = proxies(1);
        int ports = 32_000;
        for (int i = 0; effort.goesOn(i, 2 * ports); i++) {
            var from = new Endpoint(client.v4(), 1 + i % ports);
            var to = new Endpoint(targets.get(i / ports), Place.ECHO);
            client.send(Packets.udp(from, to, new byte[1]));
        }
    }

    private void namesWithoutAddresses(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 100_000); i++) {
            assign("x" + number++ + "." + Place.ZONE, List.of());
        }
    }

    private void namesWithAddresses(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 100_000); i++) {
            assign(Place.name(i), proxies(8 + 4 * i));
        }
    }

    /// Queries over TCP whose answers are not read.
    private void unreadDns(Effort effort) throws IOException {
        client.connect();
        var query = DnsWriter.question(1, "hugestream-1." + Place.EVIL_PUBLIC_ZONE, DnsWriter.TXT);
        var framed = ByteBuffer.allocate(2 + query.length);
        framed.putShort((short) query.length).put(query);
        var to = new Endpoint(client.gatewayV4(), Place.DNS_IN_TUNNEL);
        var streams = new CopyOnWriteArrayList<TinyTcp>();
        client.listen(packet -> streams.forEach(s -> s.handle(packet)));
        try {
            for (int i = 0; i < STREAMS; i++) {
                var from = new Endpoint(client.v4(), 20_000 + effort.random().nextInt(20_000));
                var stream = new TinyTcp(client, from, to, framed.array());
                streams.add(stream);
                stream.connect();
            }
            boolean goesOn = true;
            for (int i = 0; goesOn && effort.goesOn(i, 40_000); i++) {
                goesOn = streams.get(i % STREAMS).push();
            }
            for (var stream : streams) {
                stream.reset();
            }
        } finally {
            client.listen(_ -> {});
        }
    }

    /// Each login is another device of the same token.
    private void externalIds(Effort effort) throws IOException {
        var held = new ArrayList<Socket>();
        try {
            for (int i = 0; effort.goesOn(i, 10_000); i += HELD_MAX) {
                for (int j = 0; j < HELD_MAX; j++) {
                    held.add(logIn(effort));
                }
                for (var socket : held.subList(held.size() - HELD_MAX, held.size())) {
                    readStatus(socket);
                }
            }
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    private static Socket logIn(Effort effort) throws IOException {
        var key = new byte[32];
        effort.random().nextBytes(key);
        var socket = new Socket();
        socket.connect(new InetSocketAddress(Place.PORTAL, Place.PORTAL_PORT), 2_000);
        socket.setSoTimeout(2_000);
        socket.getOutputStream()
                .write(
                        RawChannel.request(
                                RawChannel.Kind.CLIENT,
                                HostileClient.token(),
                                UUID.randomUUID().toString(),
                                Base64.getEncoder().encodeToString(key)));
        return socket;
    }

    private static void readStatus(Socket socket) throws IOException {
        new DataInputStream(socket.getInputStream()).readNBytes(12);
    }

    private void flood(Effort effort, int whole, List<String> payloads, String event)
            throws IOException {
        var channel = client.channel();
        var burst = ByteBuffer.allocate(1 << 20);
        for (int i = 0; effort.goesOn(i, whole); i += BURST) {
            burst.clear();
            for (int j = 0; j < BURST; j++) {
                var payload = payloads.get((i + j) % payloads.size());
                burst.put(RawChannel.frame(channel.message(event, payload)));
            }
            channel.sendFrame(java.util.Arrays.copyOf(burst.array(), burst.position()));
        }
    }

    private void unknownFlows(Effort effort) throws IOException {
        var unknown =
                IntStream.range(0, 1_000)
                        .mapToObj(_ -> HostileClient.flow(UUID.randomUUID().toString()))
                        .toList();
        flood(effort, 1_100_000, unknown, "create_flow");
    }

    private void knownFlows(Effort effort) throws IOException {
        client.channel();
        var known = client.resourceIds().stream().map(HostileClient::flow).toList();
        flood(effort, 20_000, known, "create_flow");
    }

    private void joins(Effort effort) throws IOException {
        flood(effort, 20_000, List.of("null"), "phx_join");
    }

    /// Names whose DNS server never answers.
    private void pendingNames(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 2_000); i++) {
            var name = "silent-" + number++ + "." + Place.EVIL_ZONE;
            var proxies = proxies(0x8000 + 4 * i);
            client.control(new P2pEvent.AssignedIps(client.resource("Evil"), name, proxies));
        }
    }

    private void gatewayPorts(Effort effort) throws IOException {
        client.connect();
        for (int i = 1; effort.goesOn(i, 0xFFFF); i++) {
            var from = new Endpoint(client.v4(), 1_024 + i % 60_000);
            var to = new Endpoint(client.gatewayV4(), i);
            client.send(Packets.tcp(from, to, IpPacket.TCP_SYN, new byte[0]));
            client.send(Packets.udp(from, to, new byte[1]));
        }
    }

    private void badSources(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 20_000); i++) {
            boolean isV4 = i % 2 == 0;
            var from =
                    isV4
                            ? IpAddress.v4(effort.random().nextInt())
                            : IpAddress.v6(effort.random().nextLong(), i);
            var to = isV4 ? RESOURCE : new Endpoint(client.v6(), 1);
            client.send(Packets.udp(new Endpoint(from, 1), to, new byte[64]));
        }
    }

    /// First pieces, middle pieces, pieces over others; no datagram is ever complete.
    private void fragments(Effort effort) throws IOException {
        client.connect();
        var whole = Packets.udp(new Endpoint(client.v4(), 1), RESOURCE, new byte[PAYLOAD_MAX]);
        for (int i = 0; effort.goesOn(i, 20_000); i++) {
            int at = 8 * effort.random().nextInt(20);
            int id = effort.random().nextInt(0x1_0000);
            client.send(Fragments.piece(whole, id, i % 3 == 0 ? 0 : at, 64, true));
        }
    }

    /// Control packets that are none: no JSON, JSON in JSON, lies.
    private void badControl(Effort effort) throws IOException {
        client.connect();
        for (int i = 0; effort.goesOn(i, 20_000); i++) {
            var body = new byte[effort.random().nextInt(PAYLOAD_MAX)];
            if (i % 2 == 0) {
                java.util.Arrays.fill(body, (byte) '[');
            } else {
                effort.random().nextBytes(body);
            }
            var payload = ByteBuffer.allocate(8 + body.length).put((byte) (i % 5)).put(8, body);
            client.send(
                    Packets.ip(
                            IpAddress.ANY_V6,
                            IpAddress.ANY_V6,
                            P2pControl.NEXT_HEADER,
                            payload.array()));
        }
    }

    private void icmpErrors(Effort effort) throws IOException {
        client.connect();
        var other = Packets.udp(RESOURCE, new Endpoint(client.v4(), 1), new byte[64]);
        for (int i = 0; effort.goesOn(i, 20_000); i++) {
            int unreachable = 3 << 8 | i % 16;
            client.send(Packets.icmpError(client.v4(), RESOURCE.address(), unreachable, i, other));
        }
    }

    /// Arrays in arrays, half a message, numbers without end, unknown events.
    private void badJson(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, 100); i++) {
            var text =
                    switch (i % 4) {
                        case 0 -> "[".repeat(JSON_DEPTH);
                        case 1 -> "{\"topic\":\"client\",\"event\":";
                        case 2 -> client.channel().message("x".repeat(1_000), "9".repeat(50_000));
                        default -> client.channel().message("create_flow", "[".repeat(JSON_DEPTH));
                    };
            client.channel().send(text);
        }
    }

    /// Leaves and comes back.
    private void goodbyes(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, 5); i++) {
            client.connect();
            client.control(new P2pEvent.Goodbye());
            client.forgetGateway();
        }
        client.connect();
    }
}
