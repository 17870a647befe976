package dev.gatehouse.testkit.kubelet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// What a kubelet asks of the machine that pods run on: namespaces, volumes, processes, and the
/// way to ask a pod from the node.
public interface PodRuntime {
    String nodeName();

    String nodeAddress();

    /// Makes what the containers of a pod share; none of them runs yet.
    Sandbox open(SandboxSpec pod);

    /// @param pod its name, which is its host name
    /// @param volumes by the names that containers mount them under
    /// @param names under which others find the pod: those of Services that select it
    record SandboxSpec(
            String pod,
            String namespace,
            Map<String, String> sysctls,
            Map<String, PodVolume> volumes,
            List<String> names) {}

    /// The network namespace and the volumes of one pod. They outlive each of its containers.
    interface Sandbox extends HttpProbe {
        String address();

        /// Starts a fresh container; may return before its program runs.
        ContainerProcess start(ContainerSpec container);

        /// Removes all that is left.
        void remove();
    }

    /// A request from the node to the pod.
    interface HttpProbe {
        /// GET of a path at a port of the pod; the HTTP status, or 0 without an answer in time.
        int status(int port, String path, Duration timeout);
    }

    /// A program that runs in the container, as its user.
    interface ExecProbe {
        /// Whether it ended with 0 in time; not so where it cannot be run.
        boolean succeeds(List<String> command, Duration timeout);
    }

    /// One life of a container.
    interface ContainerProcess extends ExecProbe {
        /// Its exit status, once it has ended.
        CompletableFuture<Integer> end();

        /// @param signal its name without SIG; nothing happens where it has ended
        void signal(String signal);

        /// What it has said so far.
        String log();

        void remove();
    }
}
