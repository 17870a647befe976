package dev.gatehouse.launcher;

import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Option;

/// Reads the variables of flags: `1`, `yes` and `on` are true as well, and a variable that is set
/// but empty is one that is not set. The parser alone would take the empty one for true.
final class FlagDefaults implements IDefaultValueProvider {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:(\\w+):-(\\w*)}");
    private static final List<String> TRUE = List.of("true", "t", "1", "yes", "y", "on");
    private static final List<String> FALSE = List.of("false", "f", "0", "no", "n", "off");

    private final UnaryOperator<String> environment;

    /// @param environment the value of a variable, or null
    FlagDefaults(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    /// Returns null for what is no flag or has no variable: its declaration says enough.
    @Override
    public String defaultValue(ArgSpec argument) {
        if (!argument.typeInfo().isBoolean()
                || !(argument.userObject() instanceof AnnotatedElement field)
                || !field.isAnnotationPresent(Option.class)) {
            return null;
        }
        var declared = VARIABLE.matcher(field.getAnnotation(Option.class).defaultValue());
        if (!declared.matches()) {
            return null;
        }
        var given = environment.apply(declared.group(1));
        return given == null || given.isBlank() ? declared.group(2) : text(given.strip());
    }

    /// What is neither stays as it is, for the parser to complain of.
    private static String text(String given) {
        var lower = given.toLowerCase(Locale.ROOT);
        if (TRUE.contains(lower)) {
            return "true";
        }
        return FALSE.contains(lower) ? "false" : given;
    }
}
