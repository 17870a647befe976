package dev.gatehouse.benchmarks;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.concurrent.TimeUnit;
import javax.crypto.KeyAgreement;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// X25519 of the two providers: what a handshake costs is four of these and one base point.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class KeyAgreementBenchmark {
    private final byte[] scalar = new byte[32];
    private final byte[] point = new byte[32];
    private final byte[] shared = new byte[32];
    private PrivateKey jdkPrivate;
    private PublicKey jdkPublic;

    @Setup
    public void keys() throws GeneralSecurityException {
        scalar[3] = 7;
        X25519.clampPrivateKey(scalar);
        X25519.scalarMultBase(scalar, 0, point, 0);
        var factory = KeyFactory.getInstance("XDH");
        jdkPrivate =
                factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar));
        jdkPublic =
                factory.generatePublic(
                        new XECPublicKeySpec(NamedParameterSpec.X25519, BigInteger.valueOf(9)));
    }

    @Benchmark
    public boolean bouncyCastle() {
        return X25519.calculateAgreement(scalar, 0, point, 0, shared, 0);
    }

    @Benchmark
    public byte[] bouncyCastleBasePoint() {
        X25519.scalarMultBase(scalar, 0, shared, 0);
        return shared;
    }

    @Benchmark
    public byte[] jdk() throws GeneralSecurityException {
        var agreement = KeyAgreement.getInstance("XDH");
        agreement.init(jdkPrivate);
        agreement.doPhase(jdkPublic, true);
        return agreement.generateSecret();
    }
}
