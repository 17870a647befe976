package dev.gatehouse.testkit.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.testkit.manifests.Manifests;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a pod's containers, variables and volumes are made of.
class ContainerSpecTest {
    private static final ClusterObjects OBJECTS =
            new ClusterObjects(
                    "here",
                    List.of(
                            new ConfigMapBuilder()
                                    .withNewMetadata()
                                    .withName("map")
                                    .withNamespace("here")
                                    .endMetadata()
                                    .withData(Map.of("COLOUR", "red", "file", "text"))
                                    .build(),
                            new SecretBuilder()
                                    .withNewMetadata()
                                    .withName("secret")
                                    .withNamespace("here")
                                    .endMetadata()
                                    .withData(Map.of("token", "bm9ib2R5"))
                                    .build()));

    private static ContainerSpec demo(String workload, String container) {
        var found = Manifests.of("demo").workload(workload);
        return new ContainerSpec(
                found.container(container), found.pod().getSecurityContext(), Map.of());
    }

    @Test
    void aDataPlaneIsWhatItsManifestSays() {
        var dataplane = demo("gatehouse-gateway", "dataplane");

        assertThat(dataplane.user()).isEqualTo(65532);
        assertThat(dataplane.group()).isEqualTo(65532);
        assertThat(dataplane.supplementaryGroups()).containsExactly(65532L);
        assertThat(dataplane.droppedCapabilities()).containsExactly("ALL");
        assertThat(dataplane.addedCapabilities()).containsExactly("NET_ADMIN");
        assertThat(dataplane.mayGainPrivileges()).isFalse();
        assertThat(dataplane.hasReadOnlyRoot()).isTrue();
        assertThat(dataplane.isPrivileged()).isFalse();
        assertThat(dataplane.seccompProfile()).isEqualTo("RuntimeDefault");
        assertThat(dataplane.memoryMax()).hasValue(768L << 20);
        assertThat(dataplane.cpuNanosMax()).isEmpty();
        assertThat(dataplane.cpuShares()).isEqualTo(256);
    }

    @Test
    void aContainerGoesBeforeItsPodAndNothingIsTheWeakest() {
        var container =
                new ContainerBuilder()
                        .withName("one")
                        .withNewSecurityContext()
                        .withRunAsUser(7L)
                        .endSecurityContext()
                        .withNewResources()
                        .addToLimits("cpu", new Quantity("1500m"))
                        .endResources()
                        .build();
        var pod = new PodSecurityContextBuilder().withRunAsUser(1L).build();
        var weak = new ContainerSpec(container, pod, Map.of());

        assertThat(weak.user()).isEqualTo(7);
        assertThat(weak.group()).isZero();
        assertThat(weak.mayGainPrivileges()).isTrue();
        assertThat(weak.hasReadOnlyRoot()).isFalse();
        assertThat(weak.droppedCapabilities()).isEmpty();
        assertThat(weak.seccompProfile()).isEqualTo("Unconfined");
        assertThat(weak.cpuNanosMax()).hasValue(1_500_000_000);
        assertThat(weak.memoryMax()).isEmpty();
        assertThatThrownBy(
                        () ->
                                new ContainerSpec(
                                                new Container(), new PodSecurityContext(), Map.of())
                                        .user())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void variablesComeFromMapsSecretsFieldsAndOneAnother() {
        var container =
                new ContainerBuilder()
                        .addNewEnvFrom()
                        .withPrefix("MY_")
                        .withNewConfigMapRef("map", false)
                        .endEnvFrom()
                        .addNewEnv()
                        .withName("UID")
                        .withNewValueFrom()
                        .withNewFieldRef("v1", "metadata.uid")
                        .endValueFrom()
                        .endEnv()
                        .addNewEnv()
                        .withName("TOKEN")
                        .withNewValueFrom()
                        .withNewSecretKeyRef("token", "secret", false)
                        .endValueFrom()
                        .endEnv()
                        .addNewEnv()
                        .withName("FILE")
                        .withNewValueFrom()
                        .withNewConfigMapKeyRef("file", "map", false)
                        .endValueFrom()
                        .endEnv()
                        .addNewEnv()
                        .withName("ALL")
                        .withValue("$(MY_COLOUR) $(UID) $(NOBODY)")
                        .endEnv()
                        .build();

        var variables = new PodEnvironment(Map.of("metadata.uid", "u-1"), OBJECTS).of(container);

        assertThat(variables)
                .containsEntry("MY_COLOUR", "red")
                .containsEntry("UID", "u-1")
                .containsEntry("TOKEN", "nobody")
                .containsEntry("FILE", "text")
                .containsEntry("ALL", "red u-1 $(NOBODY)");
    }

    @Test
    void volumesAreWhatManifestsHaveAndNothingElse() {
        var memory =
                new VolumeBuilder()
                        .withNewEmptyDir()
                        .withMedium("Memory")
                        .withSizeLimit(new Quantity("1Mi"))
                        .endEmptyDir()
                        .build();
        var secret =
                new VolumeBuilder()
                        .withNewSecret()
                        .withSecretName("secret")
                        .withDefaultMode(0440)
                        .addNewItem("token", 0440, "there")
                        .endSecret()
                        .build();
        var disk = new VolumeBuilder().withNewEmptyDir().endEmptyDir().build();

        assertThat(PodVolume.of(memory, OBJECTS, 5)).isEqualTo(new PodVolume.Memory(1 << 20, 5));
        assertThat(PodVolume.of(secret, OBJECTS, 5))
                .isEqualTo(new PodVolume.Files(Map.of("there", "nobody"), 0440, 5));
        assertThatThrownBy(() -> PodVolume.of(disk, OBJECTS, 5))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
