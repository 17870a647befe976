package dev.gatehouse.containers.kubernetes;

import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.testkit.kubelet.Pod;
import dev.gatehouse.testkit.manifests.Checkout;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Arrays;
import java.util.List;

/// The commands of `k8s/README.md` under "See it work", as kubectl would carry them out: the very
/// words that are printed there, each once.
final class Kubectl {
    static final String APPLY = "kubectl apply -k k8s/overlays/demo";
    static final String DELETE = "kubectl delete -k k8s/overlays/demo";

    private static final String NAMESPACE = "kubectl -n gatehouse-demo ";
    private static final String WAIT =
            NAMESPACE + "wait deployment --all --for=condition=Available ";
    private static final String EXEC = NAMESPACE + "exec deploy/";
    private static final String FENCE = "```";

    private final DemoCluster cluster;

    Kubectl(DemoCluster cluster) {
        this.cluster = cluster;
    }

    static List<String> commandsOfTheReadme() {
        var readme = Checkout.read(Checkout.KUSTOMIZE.resolve("README.md"));
        var section = readme.substring(readme.indexOf("## See it work"));
        int begin = section.indexOf(FENCE) + FENCE.length();
        return section.substring(begin, section.indexOf(FENCE, begin)).strip().lines().toList();
    }

    /// Returns what the command prints on its output.
    ///
    /// @throws AssertionError if it fails, or is none of those that are known here
    String run(String command) {
        if (command.startsWith(WAIT)) {
            Eventually.holds(command, Eventually.LONG, this::areAllAvailable);
            return "";
        }
        if (command.startsWith(EXEC)) {
            return exec(command.substring(EXEC.length()).split(" "));
        }
        throw new AssertionError("unknown here: " + command);
    }

    private boolean areAllAvailable() {
        return cluster.overlay().all(Deployment.class).stream()
                .map(one -> one.getMetadata().getName())
                .allMatch(name -> cluster.podsOf(name).stream().allMatch(Pod::isReady));
    }

    /// @param words the Deployment, `-c`, the container, `--`, and what to run in it
    private String exec(String[] words) {
        if (!words[1].equals("-c") || !words[3].equals("--")) {
            throw new AssertionError("unknown here: exec " + String.join(" ", words));
        }
        var pod = cluster.podsOf(words[0]).getFirst();
        var ended =
                DemoCluster.process(pod, words[2]).exec(Arrays.copyOfRange(words, 4, words.length));
        if (ended.getExitCode() != 0) {
            throw new AssertionError(String.join(" ", words) + ": " + ended);
        }
        return ended.getStdout();
    }
}
