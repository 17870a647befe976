package dev.gatehouse.portal.directory;

import java.util.List;
import java.util.Locale;

/// One condition of a policy (portal-channel.md 7.7); all conditions of a policy must hold.
public record Condition(Property property, Operator operator, List<String> values) {
    public Condition {
        values = List.copyOf(values);
    }

    /// What is looked at; [#wire] is its name on the channel and in the file.
    public enum Property {
        REMOTE_IP_LOCATION_REGION(Operator.IS_IN, Operator.IS_NOT_IN),
        REMOTE_IP(Operator.IS_IN_CIDR, Operator.IS_NOT_IN_CIDR),
        PROVIDER_ID(Operator.IS_IN, Operator.IS_NOT_IN),
        CURRENT_UTC_DATETIME(Operator.IS_IN_DAY_OF_WEEK_TIME_RANGES),
        CLIENT_VERIFIED(Operator.IS);

        private final List<Operator> operators;

        Property(Operator... operators) {
            this.operators = List.of(operators);
        }

        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }

        public List<Operator> operators() {
            return operators;
        }
    }

    /// How the property is compared with the values.
    public enum Operator {
        IS_IN,
        IS_NOT_IN,
        IS_IN_CIDR,
        IS_NOT_IN_CIDR,
        IS_IN_DAY_OF_WEEK_TIME_RANGES,
        IS;

        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
