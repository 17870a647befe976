package dev.gatehouse.launcher;

import java.lang.reflect.AnnotatedElement;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.IOptionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/// Adds to each option what its declaration says anyway: `[VARIABLE, default]`.
final class OptionHelp extends Help {
    private static final Pattern VARIABLE =
            Pattern.compile("\\$\\{env:(?<name>\\w+)(?::-(?<value>.*))?}");

    OptionHelp(CommandSpec spec, ColorScheme colors) {
        super(spec, colors);
    }

    @Override
    public IOptionRenderer createDefaultOptionRenderer() {
        var plain = super.createDefaultOptionRenderer();
        return (option, labels, colors) -> {
            var rows = plain.render(option, labels, colors);
            suffix(option).ifPresent(suffix -> append(rows, suffix));
            return rows;
        };
    }

    private static void append(Text[][] rows, String suffix) {
        var last = rows[rows.length - 1];
        last[last.length - 1] = last[last.length - 1].concat(suffix);
    }

    private static Optional<String> suffix(OptionSpec option) {
        if (!(option.userObject() instanceof AnnotatedElement declared)
                || declared.getAnnotation(Option.class) == null) {
            return Optional.empty();
        }
        var text = VARIABLE.matcher(declared.getAnnotation(Option.class).defaultValue());
        if (!text.matches()) {
            return Optional.empty();
        }
        var value = text.group("value");
        boolean plain = value == null || value.isEmpty() || "false".equals(value);
        return Optional.of(" [" + text.group("name") + (plain ? "]" : ", " + value + "]"));
    }
}
