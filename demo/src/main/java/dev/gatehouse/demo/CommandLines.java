package dev.gatehouse.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/// What the command lines of `./run demo` and `./run bench` have in common: a mistake is one line
/// and exit code 2, a failure one line and 1.
public final class CommandLines {
    private static final int MISTAKE = 2;
    private static final int FAILED = 1;

    private CommandLines() {}

    /// A file that can be written when the work is done, which takes minutes.
    public static final class ResultFile implements ITypeConverter<Path> {
        @Override
        public Path convert(String value) {
            var file = Path.of(value).toAbsolutePath();
            boolean isWritable =
                    Files.exists(file)
                            ? Files.isWritable(file) && !Files.isDirectory(file)
                            : Files.isDirectory(file.getParent())
                                    && Files.isWritable(file.getParent());
            if (!isWritable) {
                throw new TypeConversionException(
                        "cannot write " + file + ": name a file in a folder that is there");
            }
            return file;
        }
    }

    /// Runs `command` and returns the exit code.
    public static int execute(Object command, String... arguments) {
        return new CommandLine(command)
                .setParameterExceptionHandler(CommandLines::onMistake)
                .setExecutionExceptionHandler(CommandLines::onFailure)
                .execute(arguments);
    }

    private static int onMistake(ParameterException mistake, String[] arguments) {
        var name = mistake.getCommandLine().getCommandSpec().qualifiedName();
        System.err.println(
                "%s: %s (see ./run %s --help)".formatted(name, mistake.getMessage(), name));
        return MISTAKE;
    }

    private static int onFailure(
            Exception failure, CommandLine command, CommandLine.ParseResult result) {
        System.err.println(command.getCommandSpec().qualifiedName() + ": " + failure);
        return FAILED;
    }
}
