package dev.gatehouse.systemtests.hostile.attack;

import dev.gatehouse.systemtests.hostile.attack.Input.Effort;
import dev.gatehouse.systemtests.hostile.site.DnsServer;
import dev.gatehouse.systemtests.hostile.site.DnsWriter;
import dev.gatehouse.systemtests.hostile.site.Place;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/// Somebody on the honest client's machine who opens pages that name hosts of zones in bad hands:
/// each answer of the [DnsServer] goes through the client's stub, and for names of a resource
/// through the gateway's resolver.
final class LuredUser implements Attacker.Role {
    private static final int NAMES = 40; // of one page
    private static final int PAUSE_MS = 20; // between groups
    private static final int GROUP = 8;
    private static final int DNS_PORT = 53;

    private final DatagramSocket socket;
    private int number;

    private LuredUser(DatagramSocket socket) {
        this.socket = socket;
    }

    static LuredUser arrive() throws IOException {
        var socket = new DatagramSocket();
        socket.connect(InetAddress.getByName(Place.STUB), DNS_PORT);
        return new LuredUser(socket);
    }

    @Override
    public List<Input> inputs() {
        return Arrays.stream(DnsServer.Manner.values())
                .map(m -> new Input(m.label(), e -> open(e, m)))
                .toList();
    }

    private void open(Effort effort, DnsServer.Manner manner) throws IOException {
        for (int i = 0; effort.goesOn(i, NAMES); i++) {
            var zone = i % 2 == 0 ? Place.EVIL_ZONE : Place.EVIL_PUBLIC_ZONE;
            var name = manner.label() + "-" + number++ + "." + zone;
            ask(name, DnsWriter.A);
            ask(name, DnsWriter.TXT);
            if (i % GROUP == 0) {
                pause();
            }
        }
    }

    private void ask(String name, int type) throws IOException {
        var question = DnsWriter.question(number & 0xFFFF, name, type);
        socket.send(new DatagramPacket(question, question.length));
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
