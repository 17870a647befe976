package dev.gatehouse.connectivity.path;

import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.Channel;
import dev.gatehouse.wire.Endpoint;

/// Where datagrams to a peer leave. One object per nomination: compared by identity.
public sealed interface Path {
    /// Nothing was nominated yet.
    enum None implements Path {
        NONE
    }

    /// Straight from a socket of ours.
    final class Direct implements Path {
        private final PathInfo info;

        /// @param info both ends, and how they were found
        public Direct(PathInfo info) {
            this.info = info;
        }

        @Override
        public PathInfo info() {
            return info;
        }
    }

    /// As channel data over a relay of ours.
    final class Relayed implements Path {
        private final PathInfo info;
        private final Allocation relay;
        private Channel channel;

        /// @param relay holds our address of the path
        public Relayed(PathInfo info, Allocation relay) {
            this.info = info;
            this.relay = relay;
        }

        @Override
        public PathInfo info() {
            return info;
        }

        /// The relay that datagrams go through.
        public Allocation relay() {
            return relay;
        }

        /// The channel to send on, or null: then one was asked for, if the relay still has our
        /// address of this path. Runs per batch.
        public Channel channel(long nowNs) {
            if (channel != null && relay.canSendOn(channel, nowNs)) {
                return channel;
            }
            channel = isAlive() ? relay.sendChannel(info.remote(), nowNs) : null;
            return channel;
        }

        private boolean isAlive() {
            Endpoint relayed = relay.relayedFor(info.remote());
            return relayed != null && relayed.equals(info.local());
        }
    }

    /// Only of a path that is one.
    default PathInfo info() {
        throw new IllegalStateException("there is no path");
    }
}
