package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.policy.TimeRanges;
import dev.gatehouse.wire.IpNetwork;
import java.util.ArrayList;

/// Reads a condition of a policy; it is judged elsewhere.
final class ConditionReader {
    private ConditionReader() {}

    static Condition read(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a condition", "property", "operator", "values");
        var property = section.requiredChoice("property", Condition.Property.class);
        var operator = section.requiredChoice("operator", Condition.Operator.class);
        if (!property.operators().contains(operator)) {
            throw ConfigMistake.at(
                    section.requiredText("operator"),
                    "%s is compared with %s",
                    property.wire(),
                    String.join(
                            " or ",
                            property.operators().stream().map(Condition.Operator::wire).toList()));
        }
        var values = new ArrayList<String>();
        for (var value : section.texts("values")) {
            values.add(ConfigMistake.valid(value, () -> conditionValue(operator, value.text())));
        }
        if (values.isEmpty()) {
            throw ConfigMistake.at(section.place(), "a condition needs values: [ … ]");
        }
        return new Condition(property, operator, values);
    }

    private static String conditionValue(Condition.Operator operator, String text) {
        switch (operator) {
            case IS_IN_CIDR, IS_NOT_IN_CIDR -> IpNetwork.parse(text);
            case IS_IN_DAY_OF_WEEK_TIME_RANGES -> TimeRanges.parse(text);
            case IS -> {
                if (!text.equals("true") && !text.equals("false")) {
                    throw new IllegalArgumentException("the value must be \"true\" or \"false\"");
                }
            }
            case IS_IN, IS_NOT_IN -> {}
        }
        return text;
    }
}
