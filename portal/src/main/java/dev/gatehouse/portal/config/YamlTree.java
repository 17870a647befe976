package dev.gatehouse.portal.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;

/// Parses YAML text into nodes with places; anchors, aliases and doubled keys are refused.
final class YamlTree {
    private static final int DEPTH_MAX = 16;
    private static final char UNDECODABLE = '\uFFFD';

    private final YAMLParser parser;

    private YamlTree(YAMLParser parser) {
        this.parser = parser;
    }

    static YamlNode parse(String text) throws ConfigMistake {
        int bad = text.indexOf(UNDECODABLE);
        if (bad >= 0) {
            int line = 1 + (int) text.substring(0, bad).chars().filter(c -> c == '\n').count();
            throw new ConfigMistake(line, 1, "not UTF-8 text; save the file as UTF-8");
        }
        var factory =
                YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
        try (var parser = factory.createParser(text)) {
            var tree = new YamlTree(parser);
            if (parser.nextToken() == null) {
                throw new ConfigMistake(
                        1, 1, "the file is empty; `portal init` writes a first one");
            }
            var root = tree.node(0);
            if (parser.nextToken() != null) {
                throw tree.here("a second YAML document; keep one");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw mistake(e);
        } catch (IOException e) {
            throw new AssertionError("text in memory cannot fail to be read", e);
        }
    }

    private static ConfigMistake mistake(JsonProcessingException e) {
        var place = e.getLocation();
        int line = place == null ? 1 : Math.max(1, place.getLineNr());
        int column = place == null ? 1 : Math.max(1, place.getColumnNr());
        String first = e.getOriginalMessage().lines().findFirst().orElse("not YAML").strip();
        return new ConfigMistake(line, column, "not valid YAML: " + first);
    }

    private YamlNode node(int depth) throws IOException, ConfigMistake {
        if (depth > DEPTH_MAX) {
            throw here("nested too deeply");
        }
        if (parser.isCurrentAlias() || parser.getObjectId() != null) {
            throw here("anchors and aliases are not supported; write the value out");
        }
        var token = parser.currentToken();
        var place = parser.currentTokenLocation();
        if (token == JsonToken.START_OBJECT) {
            return mapping(place, depth);
        }
        if (token == JsonToken.START_ARRAY) {
            return sequence(place, depth);
        }
        String text = parser.getText();
        boolean empty = token == JsonToken.VALUE_NULL || text == null;
        return empty
                ? new YamlNode.Empty(place.getLineNr(), place.getColumnNr())
                : scalar(place, text);
    }

    private static YamlNode.Scalar scalar(JsonLocation place, String text) {
        return new YamlNode.Scalar(place.getLineNr(), place.getColumnNr(), text);
    }

    private YamlNode mapping(JsonLocation place, int depth) throws IOException, ConfigMistake {
        var entries = new ArrayList<YamlNode.Entry>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var key = scalar(parser.currentTokenLocation(), parser.currentName());
            parser.nextToken();
            entries.add(new YamlNode.Entry(key, node(depth + 1)));
        }
        return new YamlNode.Mapping(place.getLineNr(), place.getColumnNr(), entries);
    }

    private YamlNode sequence(JsonLocation place, int depth) throws IOException, ConfigMistake {
        var items = new ArrayList<YamlNode>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node(depth + 1));
        }
        return new YamlNode.Sequence(place.getLineNr(), place.getColumnNr(), items);
    }

    private ConfigMistake here(String message) {
        var place = parser.currentTokenLocation();
        return new ConfigMistake(place.getLineNr(), place.getColumnNr(), message);
    }
}
