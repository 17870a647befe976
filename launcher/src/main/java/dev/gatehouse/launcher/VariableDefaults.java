package dev.gatehouse.launcher;

import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// Reads the variables of options. One that is set but empty is one that is not set; blanks and
/// line ends around a value, which files of variables leave there, are no part of it. Flags may
/// also be `1`, `yes` and `on`.
final class VariableDefaults implements IDefaultValueProvider {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:(\\w+):-([^}]*)}");
    private static final Pattern QUOTED = Pattern.compile("(?s)([\"'`]).*\\1");
    private static final Pattern UNEXPANDED =
            Pattern.compile("\\$([A-Z_][A-Z0-9_]*|\\{\\w+}|\\(\\w+\\))");
    private static final List<String> TRUE = List.of("true", "t", "1", "yes", "y", "on");
    private static final List<String> FALSE = List.of("false", "f", "0", "no", "n", "off");

    /// What people call things: quotes may be meant, and an identity must not change.
    private static final List<String> FREE_TEXTS = List.of("FIREZONE_NAME", "FIREZONE_ID");

    /// A variable and the text that stands for it.
    private record Variable(String name, String otherwise) {}

    private final UnaryOperator<String> environment;

    /// @param environment the value of a variable, or null
    VariableDefaults(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    /// Returns null for what has no variable: its declaration says enough.
    @Override
    public String defaultValue(ArgSpec argument) {
        var variable = variable(argument);
        if (variable.isEmpty()) {
            return null;
        }
        var given = given(variable.get().name());
        if (given.isEmpty()) {
            return variable.get().otherwise();
        }
        return argument.typeInfo().isBoolean() ? flag(given.get()) : given.get();
    }

    private static Optional<Variable> variable(ArgSpec argument) {
        if (!(argument.userObject() instanceof AnnotatedElement field)
                || !field.isAnnotationPresent(Option.class)) {
            return Optional.empty();
        }
        var declared = VARIABLE.matcher(field.getAnnotation(Option.class).defaultValue());
        return declared.matches()
                ? Optional.of(new Variable(declared.group(1), declared.group(2)))
                : Optional.empty();
    }

    private Optional<String> given(String name) {
        return Optional.ofNullable(environment.apply(name))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    /// What is neither stays as it is, for the parser to complain of.
    private static String flag(String given) {
        var lower = given.toLowerCase(Locale.ROOT);
        if (TRUE.contains(lower)) {
            return "true";
        }
        return FALSE.contains(lower) ? "false" : given;
    }

    /// A variable of the command, or of one below it, that holds what the shell was to take away:
    /// quotes, which files of variables do not take away, or the name of another variable. What it
    /// holds may be a secret, and is not told.
    ///
    /// @return one line that names it
    Optional<String> mistake(CommandSpec command) {
        var own =
                command.options().stream()
                        .flatMap(option -> variable(option).stream())
                        .map(Variable::name)
                        .filter(name -> !FREE_TEXTS.contains(name))
                        .flatMap(name -> mistake(name).stream())
                        .findFirst();
        return own.or(
                () ->
                        command.subcommands().values().stream()
                                .flatMap(below -> mistake(below.getCommandSpec()).stream())
                                .findFirst());
    }

    private Optional<String> mistake(String name) {
        var text = given(name).orElse("");
        if (QUOTED.matcher(text).matches()) {
            return Optional.of(
                    name + " is in quotes, which are part of its value here: leave them out");
        }
        return UNEXPANDED.matcher(text).matches()
                ? Optional.of(
                        name + " holds the name of a variable, which nothing has put a value for")
                : Optional.empty();
    }
}
