package dev.gatehouse.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ContractTest {
    @Test
    void partsOfASnapshotMergeByConcatenation() {
        var first = Snapshot.newBuilder().setUdpPort(52625).addClients(client("a")).build();
        var second = Snapshot.newBuilder().addClients(client("b")).build();

        var merged = first.toBuilder().mergeFrom(second).build();

        assertThat(merged.getUdpPort()).isEqualTo(52625);
        assertThat(merged.getClientsList()).extracting(Client::getId).containsExactly("a", "b");
    }

    @Test
    void anAuthorizationWithoutExpiryDiffersFromOneThatExpiredAtTheEpoch() {
        var never = Authorization.newBuilder().build();
        var past = Authorization.newBuilder().setExpiresAt(0).build();

        assertThat(never.hasExpiresAt()).isFalse();
        assertThat(past.hasExpiresAt()).isTrue();
    }

    @Test
    void everyCommandNamesTheEpochItIsFor() {
        var service = DataplaneProto.getDescriptor().findServiceByName("Dataplane");

        assertThat(service.getMethods())
                .filteredOn(method -> !method.getName().equals("Hello"))
                .allSatisfy(
                        method ->
                                assertThat(method.getInputType().findFieldByName("epoch"))
                                        .isNotNull());
    }

    private static Client client(String id) {
        return Client.newBuilder().setId(id).build();
    }
}
