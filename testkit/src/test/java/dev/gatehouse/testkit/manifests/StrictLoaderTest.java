package dev.gatehouse.testkit.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictLoaderTest {
    static java.util.List<String> overlays() {
        return Checkout.overlays();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everyRenderedOverlayIsOfKnownKindsAndFields(String overlay) {
        var objects = StrictLoader.load(Checkout.read(Checkout.rendered(overlay)));

        assertThat(objects).hasSizeGreaterThan(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicas: 1 -> replicaz: 1",
                "runAsNonRoot: true -> runAsNonroot: true",
                "periodSeconds: 1 -> periodSecond: 1",
                "sizeLimit: 1Mi -> size: 1Mi",
                "fieldPath: metadata.uid -> field: metadata.uid",
                "averageValue: 700m -> average: 700m",
                "endPort: 49215 -> lastPort: 49215"
            })
    void misspeltFieldsAreRefusedAtAnyDepth(String replacement) {
        var parts = replacement.split(" -> ");
        var good =
                Checkout.read(Checkout.rendered("production"))
                        + "---\n"
                        + Checkout.read(Checkout.rendered("relay-load-balancer"));

        assertThat(good).contains(parts[0]);
        assertThatThrownBy(() -> StrictLoader.load(good.replace(parts[0], parts[1])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown fields")
                .hasMessageContaining(parts[1].substring(0, parts[1].indexOf(':')));
    }

    @Test
    void kindsNobodyExpectsAreRefused() {
        assertThatThrownBy(
                        () -> StrictLoader.load("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"))
                .hasMessageContaining("unknown kind v1/Pod");
    }
}
