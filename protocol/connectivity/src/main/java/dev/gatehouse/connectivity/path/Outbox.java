package dev.gatehouse.connectivity.path;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;

/// Everything that is to be sent: control messages first, then data.
public final class Outbox {
    private static final int CONTROLS_MAX = 16_384;
    private static final int NOT_ECT = 0;

    private final DatagramQueue controls;
    private final SendRegions regions;
    private final Transmit view = new Transmit();

    /// @param sendBufferBytes room for sealed packets; what is beyond waits in the TUN device
    public Outbox(int sendBufferBytes, DropCounters drops) {
        controls = new DatagramQueue(CONTROLS_MAX, drops);
        regions = new SendRegions(sendBufferBytes);
    }

    /// Adds a control message; a full queue drops and counts it.
    public void control(Endpoint local, Endpoint remote, byte[] payload) {
        controls.add(local, remote, payload);
    }

    /// Where packets of data are sealed.
    public SendRegions regions() {
        return regions;
    }

    /// A view of what to send next, valid until the next call; or null.
    public Transmit poll() {
        var datagram = controls.poll();
        if (datagram != null) {
            byte[] bytes = datagram.payload().bytes();
            view.path(datagram.local(), datagram.remote());
            view.content(ByteBuffer.wrap(bytes), 0, bytes.length, bytes.length, NOT_ECT);
            return view;
        }
        return regions.poll(view) ? view : null;
    }
}
