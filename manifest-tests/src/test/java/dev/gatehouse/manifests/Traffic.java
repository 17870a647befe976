package dev.gatehouse.manifests;

import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What the NetworkPolicies of one overlay let through between its pods, by the rules of
/// Kubernetes: a pod that no policy of a direction selects is open in it, any other needs a rule
/// of one of them.
record Traffic(Manifests overlay) {
    /// A pod, or who stands for the world outside.
    ///
    /// @param address within an address block; null for a pod of the cluster
    record Party(String namespace, Map<String, String> labels, String address) {
        static Party of(Workload workload) {
            return new Party(workload.namespace(), workload.labels(), null);
        }

        /// A pod of another installation, e.g. the cluster's DNS.
        static Party podIn(String namespace) {
            return new Party(namespace, Map.of(), null);
        }

        static Party outside(String address) {
            return new Party("", Map.of(), address);
        }
    }

    boolean passes(Party from, Party to, String protocol, int port) {
        return leaves(from, to, protocol, port) && enters(from, to, protocol, port);
    }

    private boolean leaves(Party from, Party to, String protocol, int port) {
        var policies = selecting(from, "Egress");
        return policies.isEmpty()
                || policies.stream()
                        .flatMap(policy -> policy.getSpec().getEgress().stream())
                        .anyMatch(
                                rule ->
                                        covers(rule.getPorts(), protocol, port)
                                                && names(rule.getTo(), to, from.namespace()));
    }

    private boolean enters(Party from, Party to, String protocol, int port) {
        var policies = selecting(to, "Ingress");
        return policies.isEmpty()
                || policies.stream()
                        .flatMap(policy -> policy.getSpec().getIngress().stream())
                        .anyMatch(
                                rule ->
                                        covers(rule.getPorts(), protocol, port)
                                                && names(rule.getFrom(), from, to.namespace()));
    }

    private List<NetworkPolicy> selecting(Party party, String direction) {
        return overlay.all(NetworkPolicy.class).stream()
                .filter(one -> one.getMetadata().getNamespace().equals(party.namespace()))
                .filter(one -> one.getSpec().getPolicyTypes().contains(direction))
                .filter(one -> selects(one.getSpec().getPodSelector(), party.labels()))
                .toList();
    }

    private static boolean covers(List<NetworkPolicyPort> open, String protocol, int port) {
        return open.isEmpty() || open.stream().anyMatch(one -> covers(one, protocol, port));
    }

    private static boolean covers(NetworkPolicyPort open, String protocol, int port) {
        int first = open.getPort().getIntVal();
        int last = Objects.requireNonNullElse(open.getEndPort(), first);
        var spoken = Objects.requireNonNullElse(open.getProtocol(), "TCP");
        return first <= port && port <= last && spoken.equals(protocol);
    }

    private static boolean names(List<NetworkPolicyPeer> peers, Party party, String own) {
        return peers.isEmpty() || peers.stream().anyMatch(peer -> names(peer, party, own));
    }

    private static boolean names(NetworkPolicyPeer peer, Party party, String own) {
        if (peer.getIpBlock() != null) {
            return party.address() != null
                    && Block.of(peer.getIpBlock().getCidr()).contains(party.address())
                    && peer.getIpBlock().getExcept().stream()
                            .noneMatch(except -> Block.of(except).contains(party.address()));
        }
        if (party.address() != null) {
            return false;
        }
        boolean near =
                peer.getNamespaceSelector() == null
                        ? party.namespace().equals(own)
                        : selects(
                                peer.getNamespaceSelector(),
                                Map.of("kubernetes.io/metadata.name", party.namespace()));
        return near
                && (peer.getPodSelector() == null
                        || selects(peer.getPodSelector(), party.labels()));
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        if (!selector.getMatchExpressions().isEmpty()) {
            throw new IllegalArgumentException("only labels are known here: " + selector);
        }
        return labels.entrySet()
                .containsAll(
                        Objects.requireNonNullElse(
                                        selector.getMatchLabels(), Map.<String, String>of())
                                .entrySet());
    }

    /// Addresses with a common beginning.
    private record Block(InetAddress first, int bits) {
        static Block of(String cidr) {
            String[] parts = cidr.split("/");
            return new Block(InetAddress.ofLiteral(parts[0]), Integer.parseInt(parts[1]));
        }

        boolean contains(String address) {
            byte[] own = first.getAddress();
            byte[] other = InetAddress.ofLiteral(address).getAddress();
            if (own.length != other.length) {
                return false;
            }
            var difference = new BigInteger(1, own).xor(new BigInteger(1, other));
            return difference.bitLength() <= own.length * 8 - bits;
        }
    }
}
