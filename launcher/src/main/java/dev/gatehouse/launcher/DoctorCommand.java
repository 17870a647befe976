package dev.gatehouse.launcher;

import dev.gatehouse.dataplane.host.HostReport;
import dev.gatehouse.transport.process.Capabilities;
import dev.gatehouse.transport.process.Capabilities.Capability;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Says what this machine offers, one line each; 1 if a gateway could not run here.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Check what this machine offers to a gateway, one line each.")
final class DoctorCommand implements Callable<Integer> {
    private static final int JAVA_MIN = 25;

    /// @param needed whether a gateway cannot do without
    /// @param remedy what to do about it
    private record Finding(String what, boolean holds, boolean needed, String remedy) {
        String line() {
            var verdict = holds ? "ok  " : needed ? "FAIL" : "warn";
            return holds
                    ? "%s  %s".formatted(verdict, what)
                    : "%s  %s: %s".formatted(verdict, what, remedy);
        }
    }

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        var findings = findings();
        var out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(finding.line()));
        return findings.stream().anyMatch(one -> one.needed() && !one.holds()) ? 1 : 0;
    }

    private static List<Finding> findings() {
        var host = host();
        var findings = new ArrayList<>(machine());
        findings.add(told("forwarding", host.forwarding()));
        findings.add(told("nft", host.nft().stream().toList()));
        findings.add(told("packet filter", host.filter()));
        return findings;
    }

    /// With the rights that a data plane has and hands on to `nft`: those of a thread.
    private static HostReport host() {
        var report = new FutureTask<>(DoctorCommand::lookAsADataplane);
        Thread.ofPlatform().name("host").start(report);
        try {
            return report.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static HostReport lookAsADataplane() throws IOException {
        if (hasNetAdmin()) {
            Capabilities.keepOnly(EnumSet.of(Capability.NET_ADMIN));
        }
        return HostReport.look();
    }

    private static Finding told(String what, List<String> lines) {
        return new Finding(what, lines.isEmpty(), false, String.join("; ", lines));
    }

    private static List<Finding> machine() {
        return List.of(
                new Finding(
                        "java " + Runtime.version(),
                        Runtime.version().feature() >= JAVA_MIN,
                        true,
                        "install a JDK 25"),
                new Finding(
                        "/dev/net/tun",
                        Files.isReadable(Path.of("/dev/net/tun"))
                                && Files.isWritable(Path.of("/dev/net/tun")),
                        true,
                        "load the tun module, give the container the device, or give it mode"
                                + " 0666"),
                new Finding(
                        "capability NET_ADMIN",
                        hasNetAdmin(),
                        true,
                        "run as root or give the capability"),
                new Finding(
                        "epoll transport",
                        Epoll.isAvailable(),
                        true,
                        "the native library for this machine is missing from the class path"),
                new Finding(
                        "libcrypto.so.3",
                        hasLibcrypto(),
                        false,
                        "install OpenSSL 3: without it the JDK's slower cipher is used"));
    }

    private static boolean hasNetAdmin() {
        try {
            return Capabilities.has(Capability.NET_ADMIN);
        } catch (IOException _) {
            return false;
        }
    }

    @SuppressWarnings("restricted")
    private static boolean hasLibcrypto() {
        try (var arena = Arena.ofConfined()) {
            return SymbolLookup.libraryLookup("libcrypto.so.3", arena)
                    .find("EVP_CIPHER_fetch")
                    .isPresent();
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
