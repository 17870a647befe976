package dev.gatehouse.controlplane.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.controlplane.flow.CommandQueue.Waiting;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandQueueTest {
    private static final Command REJECT = new Command.Reject(RejectRequest.getDefaultInstance());

    private final CommandQueue queue = new CommandQueue();
    private int refs;

    @Test
    void stateComesBeforeCandidates() {
        add(candidates("a"));
        add(REJECT);
        add(authorize("b"));

        assertThat(all())
                .hasExactlyElementsOfTypes(
                        Command.Reject.class, Command.Authorize.class, Command.AddCandidates.class);
    }

    @Test
    void aFloodOfCandidatesTakesTheRoomOfItsSenderAlone() {
        add(REJECT);
        add(candidates("honest"));
        for (int i = 0; i < 100_000; i++) {
            add(candidates("hostile"));
        }

        assertThat(queue.size()).isEqualTo(2 + CommandQueue.CANDIDATES_PER_CLIENT_MAX);
        assertThat(queue.dropped()).isEqualTo(100_000 - CommandQueue.CANDIDATES_PER_CLIENT_MAX);
        assertThat(all()).contains(REJECT, candidates("honest"));
    }

    @Test
    void aFloodOfAuthorizationsLeavesRoomForOthers() {
        for (int i = 0; i < 10_000; i++) {
            add(authorize("hostile"));
        }
        add(authorize("honest"));

        assertThat(queue.size()).isEqualTo(1 + CommandQueue.AUTHORIZATIONS_PER_CLIENT_MAX);
        assertThat(queue.isAuthorizing("honest")).isTrue();
    }

    @Test
    void noWithdrawalMakesRoomForAnAuthorization() {
        add(REJECT);
        for (int i = 0; i < 2 * CommandQueue.AUTHORIZATIONS_MAX; i++) {
            add(authorize("client " + i));
        }

        assertThat(queue.size()).isEqualTo(1 + CommandQueue.AUTHORIZATIONS_MAX);
        assertThat(queue.poll().command()).isEqualTo(REJECT);
    }

    @Test
    void whatIsTakenFreesTheShareOfItsClient() {
        for (int i = 0; i < 10 * CommandQueue.CANDIDATES_PER_CLIENT_MAX; i++) {
            add(authorize("a"));
            add(candidates("a"));
            assertThat(all()).hasSize(2);
        }

        assertThat(queue.dropped()).isZero();
        assertThat(queue.isAuthorizing("a")).isFalse();
    }

    @Test
    void manyClientsThatSignalPushOutTheOldestCandidatesOnly() {
        var authorize = authorize("a");
        add(authorize);
        for (int i = 0; i < 2 * CommandQueue.CANDIDATES_MAX; i++) {
            add(candidates("client " + i));
        }

        assertThat(queue.size()).isEqualTo(1 + CommandQueue.CANDIDATES_MAX);
        assertThat(queue.poll().command()).isEqualTo(authorize);
        assertThat(queue.poll().command())
                .isEqualTo(candidates("client " + CommandQueue.CANDIDATES_MAX));
    }

    private void add(Command command) {
        queue.add(new Waiting(command, 0));
    }

    private List<Command> all() {
        var all = new ArrayList<Command>();
        for (var next = queue.poll(); next != null; next = queue.poll()) {
            all.add(next.command());
        }
        return all;
    }

    private static Command candidates(String client) {
        return new Command.AddCandidates(
                RemoteCandidatesRequest.newBuilder().setClientId(client).build());
    }

    /// Each another request.
    private Command authorize(String client) {
        return new Command.Authorize(
                AuthorizeRequest.newBuilder().setClient(Client.newBuilder().setId(client)).build(),
                "ref " + refs++);
    }
}
