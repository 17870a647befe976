package dev.gatehouse.manifests.sources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.testkit.manifests.Checkout;
import io.fabric8.kubernetes.api.model.Container;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The images that `deploy/Dockerfile` describes: what a container runs, and with which variables.
public final class Images {
    /// One target of the Dockerfile.
    ///
    /// @param entryPoint empty if the target is no program
    /// @param hasNetAdmin whether its `java` carries the file capability
    public record Image(
            String target,
            List<String> entryPoint,
            Map<String, String> environment,
            boolean hasNetAdmin) {
        /// The process: the last word of the entry point, e.g. `dataplane`.
        public String process() {
            return entryPoint.getLast();
        }
    }

    public static final String REPOSITORY = "gatehouse/";

    private static final Pattern FROM = Pattern.compile("FROM (\\S+) AS (\\S+)");
    private static final Pattern SETTING = Pattern.compile("(\\w+)=(\"[^\"]*\"|\\S+)");
    private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");
    private static final TypeReference<List<String>> WORDS = new TypeReference<>() {};

    /// The stage whose `java` carries the capability.
    private static final String CAPABLE = "admin";

    private static final Image NOTHING = new Image("", List.of(), Map.of(), false);
    private static final Map<String, Image> TARGETS = targets();

    private Images() {}

    /// The version that the reactor builds and images are tagged with.
    public static String version() {
        var pom = VERSION.matcher(Checkout.read(Checkout.ROOT.resolve("pom.xml")));
        if (!pom.find()) {
            throw new IllegalStateException("pom.xml has no version");
        }
        return pom.group(1);
    }

    /// The image of a container; empty if it is not one of ours.
    public static Optional<Image> of(Container container) {
        var name = container.getImage();
        if (!name.startsWith(REPOSITORY)) {
            return Optional.empty();
        }
        var target = name.substring(REPOSITORY.length()).replaceFirst(":.*", "");
        var image = TARGETS.get(target);
        if (image == null || image.entryPoint().isEmpty()) {
            throw new IllegalArgumentException("deploy/Dockerfile has no program " + target);
        }
        return Optional.of(image);
    }

    private static Map<String, Image> targets() {
        var images = new LinkedHashMap<String, Image>();
        var current = NOTHING;
        var text = Checkout.read(Checkout.ROOT.resolve("deploy/Dockerfile"));
        for (String line : text.replace("\\\n", " ").split("\n")) {
            var from = FROM.matcher(line);
            if (from.matches()) {
                var base = images.getOrDefault(from.group(1), NOTHING);
                current =
                        new Image(
                                from.group(2),
                                base.entryPoint,
                                base.environment,
                                base.hasNetAdmin || from.group(2).equals(CAPABLE));
            } else if (line.startsWith("ENV ")) {
                current = withEnvironment(current, line);
            } else if (line.startsWith("ENTRYPOINT ")) {
                var words = words(line.substring("ENTRYPOINT ".length()));
                current =
                        new Image(current.target, words, current.environment, current.hasNetAdmin);
            }
            images.put(current.target, current);
        }
        return images;
    }

    private static Image withEnvironment(Image image, String line) {
        var environment = new LinkedHashMap<>(image.environment);
        SETTING.matcher(line)
                .results()
                .forEach(one -> environment.put(one.group(1), one.group(2).replace("\"", "")));
        return new Image(image.target, image.entryPoint, environment, image.hasNetAdmin);
    }

    private static List<String> words(String json) {
        try {
            return new ObjectMapper().readValue(json, WORDS);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no list of words: " + json, e);
        }
    }
}
