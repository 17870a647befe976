package dev.gatehouse.systemtests.site;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Turns itself into another program, for which the kernel refuses offloads as an old one would: a
/// seccomp filter answers EINVAL. Children inherit it.
public final class RefusingKernel {
    /// Which bits of TUNSETOFFLOAD are refused.
    public enum Age {
        /// As before Linux 6.2: no super-packets of UDP.
        NO_USO(0x60),
        /// No super-packets at all, and no UDP_GRO either.
        NOTHING(0x7F);

        private final int refused;

        Age(int refused) {
            this.refused = refused;
        }

        /// What to put before a command.
        public String[] prefix() {
            var classes = Path.of(RefusingKernel.class.getResource("/").getPath());
            return new String[] {
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                classes.toString(),
                RefusingKernel.class.getName(),
                name()
            };
        }
    }

    private static final boolean X86 = System.getProperty("os.arch").matches("amd64|x86_64");
    private static final int IOCTL = X86 ? 16 : 29;
    private static final int SETSOCKOPT = X86 ? 54 : 208;
    private static final int TUNSETOFFLOAD = 0x400454D0;
    private static final int SOL_UDP = 17;
    private static final int UDP_GRO = 104;

    private static final int PR_SET_SECCOMP = 22;
    private static final int SECCOMP_MODE_FILTER = 2;
    private static final int ALLOW = 0x7FFF_0000;
    private static final int ERRNO_EINVAL = 0x0005_0000 | 22;

    private static final int LOAD = 0x20; // a word of struct seccomp_data
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int NUMBER = 0;
    private static final int SECOND_ARGUMENT = 16 + 8; // low word
    private static final int THIRD_ARGUMENT = 16 + 16;

    private RefusingKernel() {}

    public static void main(String[] arguments) throws Throwable {
        var age = Age.valueOf(arguments[0]);
        install(age == Age.NO_USO ? program(age, 0) : program(age, SETSOCKOPT));
        execute(List.of(arguments).subList(1, arguments.length));
        throw new IllegalStateException("cannot start " + arguments[1]);
    }

    /// Instructions as code, jump if true, jump if false, operand.
    private static int[][] program(Age age, int setsockopt) {
        return new int[][] {
            {LOAD, 0, 0, NUMBER},
            {JUMP_IF_EQUAL, 0, 4, IOCTL},
            {LOAD, 0, 0, SECOND_ARGUMENT},
            {JUMP_IF_EQUAL, 0, 8, TUNSETOFFLOAD},
            {LOAD, 0, 0, THIRD_ARGUMENT},
            {JUMP_IF_ANY_BIT, 5, 6, age.refused},
            {JUMP_IF_EQUAL, 0, 5, setsockopt == 0 ? -1 : setsockopt},
            {LOAD, 0, 0, SECOND_ARGUMENT},
            {JUMP_IF_EQUAL, 0, 3, SOL_UDP},
            {LOAD, 0, 0, THIRD_ARGUMENT},
            {JUMP_IF_EQUAL, 0, 1, UDP_GRO},
            {RETURN, 0, 0, ERRNO_EINVAL},
            {RETURN, 0, 0, ALLOW},
        };
    }

    private static void install(int[][] program) throws Throwable {
        var memory = Arena.global();
        var code = memory.allocate(8L * program.length, 8);
        for (int i = 0; i < program.length; i++) {
            code.set(ValueLayout.JAVA_SHORT, 8L * i, (short) program[i][0]);
            code.set(ValueLayout.JAVA_BYTE, 8L * i + 2, (byte) program[i][1]);
            code.set(ValueLayout.JAVA_BYTE, 8L * i + 3, (byte) program[i][2]);
            code.set(ValueLayout.JAVA_INT, 8L * i + 4, program[i][3]);
        }
        var filter = memory.allocate(16, 8);
        filter.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
        filter.set(ValueLayout.ADDRESS, 8, code);
        var prctl =
                function(
                        "prctl",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS));
        if ((int) prctl.invokeExact(PR_SET_SECCOMP, (long) SECCOMP_MODE_FILTER, filter) != 0) {
            throw new IllegalStateException("seccomp is not available");
        }
    }

    private static void execute(List<String> command) throws Throwable {
        var memory = Arena.global();
        var words = new ArrayList<MemorySegment>();
        command.forEach(word -> words.add(memory.allocateFrom(word)));
        words.add(MemorySegment.NULL);
        var vector = memory.allocate(ValueLayout.ADDRESS, words.size());
        for (int i = 0; i < words.size(); i++) {
            vector.setAtIndex(ValueLayout.ADDRESS, i, words.get(i));
        }
        var execv =
                function(
                        "execv",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        int _ = (int) execv.invokeExact(words.getFirst(), vector);
    }

    @SuppressWarnings("restricted") // system calls that Java has no words for
    private static MethodHandle function(String name, FunctionDescriptor type) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
    }
}
